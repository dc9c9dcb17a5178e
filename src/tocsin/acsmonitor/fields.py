"""What bodies are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin import forms
from tocsin.errors import InputError
from tocsin.forms import Check, Form
from tocsin.options import CallOptions

#: The check of `more`: fields by their names in the API.
MORE: Mapping[str, Check] = {"more": forms.mapping}


def body_of(form: Form, given: Mapping[str, object]) -> tuple[dict[str, Any], CallOptions]:
    """The fields of a form with those of `more`, and the options of the call.

    Raises TypeError for a name that there is none of or one that is missing, InputError for a value.
    """
    body, call = form.read(given)
    more = body.pop("more", {})
    if twice := more.keys() & body.keys():
        raise InputError(f"{', '.join(sorted(twice))} is given twice: by its keyword, and in more")
    return {**body, **more}, call
