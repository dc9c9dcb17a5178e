"""Users, buckets and the account. Their pages are lost: the fields are those that clients know."""

from tocsin.simulator.appfirst import series
from tocsin.simulator.appfirst.entities import Bucket, User
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask
from tocsin.simulator.appfirst.state import AGE
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply


def user_shown(ask: Ask, user: User) -> Json:
    """A user, whose id is called ``user_id`` by the text of the page about alerts, and ``id`` by its samples."""
    return {
        "id": user.id,
        "user_id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "country_code": user.country_code,
        "phone_number": user.phone_number,
        "url": ask.url("users", user.id),
    }


def list_users(ask: Ask) -> Reply:
    """All users."""
    return listing(ask, ask.state.users.listed, user_shown)


def get_user(ask: Ask) -> Reply:
    """One user."""
    return Reply(user_shown(ask, ask.one(ask.state.users)))


def bucket_shown(ask: Ask, bucket: Bucket) -> Json:
    """A StatsD bucket."""
    return {"id": bucket.id, "name": bucket.name, "type": bucket.type, "url": ask.url("buckets", bucket.id)}


def list_buckets(ask: Ask) -> Reply:
    """All buckets."""
    return listing(ask, ask.state.buckets.listed, bucket_shown)


def get_bucket(ask: Ask) -> Reply:
    """One bucket."""
    return Reply(bucket_shown(ask, ask.one(ask.state.buckets)))


def bucket_data(ask: Ask) -> Reply:
    """What was put into a bucket."""
    bucket = ask.one(ask.state.buckets)
    return series.answer(ask, ask.state.latest - AGE, series.of_bucket(ask, bucket), series.step(ask))


def account(ask: Ask) -> Reply:
    """The account, of which no more is known than its owner."""
    return Reply({"email": ask.state.email, "url": "/api/v5/account/"})
