"""schema/ and docs/: the API's description, for programs and for people."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class SchemaView(SpectacularAPIView):
    """OpenAPI 3 as YAML or JSON, by the Accept header."""


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI without inline script or style; its files are served by us."""

    template_name = "api/docs.html"
    url_name = "api_schema"
