"""A Django application with users and groups, served over SCIM by django-scim2.

Arguments: the port, and a folder for the database.
"""

import sys
from pathlib import Path
from types import SimpleNamespace

import django
from django.conf import settings

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]


class Door:
    """Lets in whoever has the token."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        knows = request.headers.get("Authorization") == "Bearer secret"
        request.user = SimpleNamespace(is_authenticated=knows, is_anonymous=not knows)
        return self.get_response(request)


settings.configure(
    SECRET_KEY="no secret",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "people", "django_scim"],
    MIDDLEWARE=[f"{__name__}.Door", "django_scim.middleware.SCIMAuthCheckMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(Path(FOLDER) / "people.db"),
            "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
        }
    },
    AUTH_USER_MODEL="people.Person",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    SCIM_SERVICE_PROVIDER={
        "NETLOC": f"127.0.0.1:{PORT}",
        "SCHEME": "http",
        "GROUP_MODEL": "people.models.Team",
        "AUTHENTICATION_SCHEMES": [{"type": "oauthbearertoken", "name": "token"}],
    },
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.servers.basehttp import run  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402

urlpatterns = [path("scim/v2/", include("django_scim.urls", namespace="scim"))]

if __name__ == "__main__":
    call_command("migrate", run_syncdb=True, verbosity=0)
    run("127.0.0.1", PORT, get_wsgi_application(), threading=True)
