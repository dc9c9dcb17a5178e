"""Django settings of the real Argus: its own production settings without mail, proxies and outside calls."""

# mypy: disable-error-code="import-not-found,name-defined"
# Argus and Django are installed in the server's virtual environment, not where the types are checked.

import os

from argus.htmx.settings import *  # noqa: F403  this is how Argus' settings are extended

SECRET_KEY = "only-for-tests-on-loopback"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
FRONTEND_URL = "http://127.0.0.1"
DATABASES = {
    "default": {
        "ENGINE": "django_psycopg_infinity.backends.postgresql",
        "HOST": os.environ["TOCSIN_POSTGRES_FOLDER"],
        "NAME": "argus",
        "USER": "postgres",
    }
}
STATIC_ROOT = os.environ["TOCSIN_STATIC_FOLDER"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
MEDIA_PLUGINS = ["argus.notificationprofile.media.email.EmailNotification"]
SEND_NOTIFICATIONS = False
# The page footer would ask a package index for a newer version; port 9 on loopback refuses at once.
PYPI_URL = "http://127.0.0.1:9/"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
