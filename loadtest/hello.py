"""A Django that says hello, without middleware: what the least that a server can do costs. Served by gunicorn."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="says-hello-and-nothing-else", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[]
)


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello", headers={"Content-Length": "5"})


urlpatterns = [path("hello/", hello)]
application = get_wsgi_application()
