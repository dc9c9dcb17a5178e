"""Names of metrics and of dimensions, and values: a part of ``monasca.metrics``."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Generic, TypeVar, Unpack

from tocsin.monasca.dialect import CURRENT
from tocsin.monasca.inputs import METRIC_RULES, DimensionFilter, dimension_name as check_dimension_name
from tocsin.monasca.resource import (
    LARGEST_PAGE,
    MonascaService,
    check_page_size,
    envelope,
    next_of,
    rows_of,
    total_of,
)
from tocsin.monasca.series_query import filters
from tocsin.monasca.walks import Sorted
from tocsin.options import CallOptions
from tocsin.paging.page import Shape
from tocsin.paging.pager import ListPager, Pager
from tocsin.paging.walk import Listing
from tocsin.transport.codec import Model
from tocsin.transport.messages import Params, Request

T = TypeVar("T")


class _Named(Model, Generic[T], frozen=True):
    name: T


class _DimensionName(Model, Generic[T], frozen=True):
    dimension_name: T


class _DimensionValue(Model, Generic[T], frozen=True):
    dimension_value: T


# Types are put together at run time, for the codec alone: nothing for a type checker to follow.
_NAMED: Any = _Named
_DIMENSION_NAME: Any = _DimensionName
_DIMENSION_VALUE: Any = _DimensionValue


def _text(text: str) -> str:
    return text


class NameReading(MonascaService):
    """Reading names and values. None of it is in the dialect of 2014."""

    def names(
        self,
        *,
        dimensions: DimensionFilter | None = None,
        tenant_id: str | None = None,
        page_size: int = LARGEST_PAGE,
        **call: Unpack[CallOptions],
    ) -> Pager[str]:
        """The names of metrics, each once, in the order of their code points; not in the 2014 dialect.

        Args:
            dimensions, tenant_id: see `list`.
            page_size: names a page, from 2 to 10000; the server loses names with capitals at the ends of pages,
                and the walk makes up for it with larger ones.

        Raises, when it is read, PagingError where more than 10000 names are alike up to a capital letter.
        """
        return self._texts("/metrics/names", _NAMED, "name", filters(dimensions, tenant_id), page_size, call)

    def dimension_names(
        self,
        *,
        metric_name: str | None = None,
        tenant_id: str | None = None,
        page_size: int = LARGEST_PAGE,
        **call: Unpack[CallOptions],
    ) -> Pager[str]:
        """The names of dimensions, of one metric or of all; as `names`."""
        params = (*_of_metric(metric_name), *filters(None, tenant_id))
        return self._texts("/metrics/dimensions/names", _DIMENSION_NAME, "dimension_name", params, page_size, call)

    def dimension_values(
        self,
        dimension_name: str,
        *,
        metric_name: str | None = None,
        tenant_id: str | None = None,
        page_size: int = LARGEST_PAGE,
        **call: Unpack[CallOptions],
    ) -> Pager[str]:
        """The values of a dimension, of one metric or of all; as `names`."""
        named = ("dimension_name", check_dimension_name("dimension_name", dimension_name))
        params = (named, *_of_metric(metric_name), *filters(None, tenant_id))
        where = "/metrics/dimensions/names/values"
        return self._texts(where, _DIMENSION_VALUE, "dimension_value", params, page_size, call)

    def _texts(
        self, where: str, element: Any, field: str, params: Params, page_size: int, call: CallOptions
    ) -> Pager[str]:
        read = attrgetter(field)
        shape = Shape(
            envelope=lambda row: envelope(element[row]),
            row=str,
            mark=str,
            rows=lambda answer: [read(each) for each in rows_of(answer)],
            next=next_of,
            total=total_of,
        )
        listing = Listing(Request("GET", where, params), shape, Sorted(check_page_size(page_size)), _text)
        return ListPager(self._pipeline, listing, call)


def _of_metric(name: str | None) -> Params:
    """Here the server puts the name into its query to the store unchecked: one that no metric has can be another
    query."""
    if name is None:
        return ()
    return (("metric_name", METRIC_RULES[CURRENT].check_name("metric_name", name)),)
