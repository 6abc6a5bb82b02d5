"""All settings, in sections. Every variable is read through env.py and described in docs/settings.md.

The defaults suit a laptop. With DEBUG off, a missing secret stops the start with one clear sentence.
"""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse

from tradeportal import env

# ---- Where things are -------------------------------------------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.path("VAR_DIR", BASE_DIR / "var")
VERSION = "0.1.0"

# ---- Safety -----------------------------------------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", False)
_LAPTOP_SECRET = "not-a-secret-for-development-only-0123456789-0123456789"
SECRET_KEY = env.text("SECRET_KEY", _LAPTOP_SECRET if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set. Set it to a long random text, or set DEBUG=true on a laptop.")
SECRET_KEY_FALLBACKS = env.listing("SECRET_KEY_FALLBACKS")
# What encrypts secrets that must stay readable: the first; the others still decrypt.
# What was encrypted before AT_REST_KEYS was set is still read.
AT_REST_KEYS = [*env.listing("AT_REST_KEYS"), SECRET_KEY, *SECRET_KEY_FALLBACKS]
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS")
HTTPS = env.boolean("HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^api/v1/(health|ready|trading/health)/$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# The list that browsers bring along binds a whole domain for years: whoever owns it enters it there, no program.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("BEHIND_PROXY", False) else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "tradeportal.error_pages.csrf_failure"
# Under these names browsers take a cookie over TLS alone, from this very host and no neighbour of its domain.
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# ---- Applications -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "csp",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "accounts",
    "trading",
]
MIDDLEWARE = [
    "tradeportal.middleware.RequestIdMiddleware",
    "tradeportal.middleware.BrowserPoliciesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "trading.front_door.FrontDoorMiddleware",
    "trading.page_door.PageDoorMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "tradeportal.content_policy.AdminContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.DeviceMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.PrivatePagesMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
]
ROOT_URLCONF = "tradeportal.urls"
WSGI_APPLICATION = "tradeportal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["tradeportal.lean_templates.Loader", "django.template.loaders.app_directories.Loader"],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "trading.context.portal",
            ],
        },
    },
]

# ---- Data -------------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", "postgresql://tradeportal@127.0.0.1:5432/tradeportal")}
DATABASES["default"]["CONN_MAX_AGE"] = env.integer("DATABASE_CONN_MAX_AGE_S", 600)
REDIS_URL = env.redis("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "tradeportal.cache_backend.AbsentableRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "tp",
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            "REDIS_CLIENT_CLASS": "tradeportal.cache_backend.GuardedRedis",
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
        },
    },
}
DJANGO_REDIS_IGNORE_EXCEPTIONS = True
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
# How long a kept answer of the API may go unasked when its rows were changed by SQL alone; 0 asks the database each time.
ANSWERS_MARK_S = env.integer("ANSWERS_MARK_S", 10, maximum=60)
SESSION_ENGINE = "accounts.session_store"

# ---- Statements and pictures ------------------------------------------------------------------------------------------
STATEMENT_MAX_BYTES = env.integer("STATEMENT_MAX_BYTES", 104_857_600, minimum=1)
STATEMENT_MAX_INFLATED_BYTES = env.integer("STATEMENT_MAX_INFLATED_BYTES", 2_147_483_648, minimum=1)
SCREENSHOT_MAX_BYTES = env.integer("SCREENSHOT_MAX_BYTES", 8_388_608, minimum=1024)
SCREENSHOTS_PER_TRADE = env.integer("SCREENSHOTS_PER_TRADE", 20, minimum=1)
SCREENSHOTS_MAX_TOTAL_BYTES = env.integer("SCREENSHOTS_MAX_TOTAL_BYTES", 524_288_000, minimum=1024)
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# ---- Live accounts ----------------------------------------------------------------------------------------------------
SYNC_MAX_BYTES = env.integer("SYNC_MAX_BYTES", 8_388_608, minimum=1024)
SNAPSHOT_FULL_DAYS = env.integer("SNAPSHOT_FULL_DAYS", 7, minimum=1)
SNAPSHOT_MINUTE_DAYS = env.integer("SNAPSHOT_MINUTE_DAYS", 90, minimum=1)
# A sync that found what the one before it had found gets a row in the reconciliation log when the last is this old.
RECONCILIATION_LOG_MINUTES = env.integer("RECONCILIATION_LOG_MINUTES", 60, minimum=0)
PORTAL_URL = env.text("PORTAL_URL", "")
WEBHOOK_ALLOW_PRIVATE = env.boolean("WEBHOOK_ALLOW_PRIVATE", False)

# ---- People: sign-in, passwords, e-mail -------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Trader"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_ADAPTER = "accounts.mails.Mails"
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignUpExtras"
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
# Where mail is sent, nobody gets in by somebody else's address. Where it is only printed, a link would reach no one.
_SENDS_MAIL = EMAIL_BACKEND.endswith(".smtp.EmailBackend")
ACCOUNT_EMAIL_VERIFICATION = env.text("EMAIL_VERIFICATION", "mandatory" if _SENDS_MAIL else "optional")
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
# Whose address sign-in limits count: as for the API, the one that the proxy saw and never what the caller claims.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if SECURE_PROXY_SSL_HEADER else 0
# What could hand the account over asks for a sign-in of these last minutes: accounts/step_up.py.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * env.integer("STEP_UP_MINUTES", 15, minimum=1)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers offer passkeys over TLS and on the own machine alone; this lets the latter through.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_ADAPTER = "accounts.second_factors.SecondFactors"
MFA_TOTP_ISSUER = "TradePortal"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, minimum=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
# A mail server that says nothing holds up the request that writes to it: for this long at most.
EMAIL_TIMEOUT = env.integer("EMAIL_TIMEOUT", 5, minimum=1)
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", False)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL", "TradePortal <portal@localhost>")

# ---- JSON API ---------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "accounts.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.api.permissions.KeyScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["tradeportal.rest.json.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tradeportal.rest.json.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "tradeportal.rest.throttles.TraderThrottle",
        "tradeportal.rest.throttles.KeyThrottle",
        "tradeportal.rest.throttles.AddressThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "user": "6000/min",
        "anon": "120/min",
        "token": "20/min",
        "token_email": "10/min",
        "upload": "60/min",
        "api_key": "600/min",
        "api_key_refused": "30/min",
        "unknown_link": "30/min",
        "shared_download": "20/min",
    },
    # Whose address a throttle counts: the one the proxy saw, or the one that called. Never what the caller claims.
    "NUM_PROXIES": 1 if SECURE_PROXY_SSL_HEADER else 0,
    "EXCEPTION_HANDLER": "tradeportal.api_errors.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
}
# What is not here is in accounts/tokens.py: the tokens are signed with SECRET_KEY, older keys in SECRET_KEY_FALLBACKS verify.
JWT_ISSUER = "tradeportal"
JWT_AUDIENCE = "tradeportal-api"
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "USER_ID_CLAIM": "sub",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "TradePortal API",
    "DESCRIPTION": "Accounts, trades, executions, cash flows, positions and statements of the signed-in trader.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AlertLevel": "trading.api.alerts.LEVELS",
        "BreakState": "trading.models.Break.State",
        "CloseRequestState": "trading.models.CloseRequest.State",
        "DeliveryState": "trading.models.Delivery.State",
        "FeedStatus": "trading.models.SyncState.Status",
        "FillDirection": "trading.models.Direction",
        "FlowKind": "trading.models.FlowKind",
        "GuardKind": "trading.models.GuardKind",
        "GuardLevel": "trading.models.Level",
        "MarketGuardKind": "trading.api.guards.MARKET_KINDS",
        "Side": "trading.models.Side",
        "StatementState": "trading.models.State",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "displayOperationId": False},
}

# ---- Language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# Numbers and dates are written by trading/formatting.py as the trader chose, not as the language would have it.
FORMAT_MODULE_PATH = ["tradeportal.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# ---- Static files -----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Compressing takes 20 seconds, and pays off only over a network.
_HASHED_STORAGE = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if env.boolean("STATIC_COMPRESS", True)
    else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else _HASHED_STORAGE,
    },
}

# ---- Monitoring: who may read /metrics ---------------------------------------------------------------------------------
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

# ---- Logs -------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "tradeportal.middleware.RequestIdFilter"},
        "cache_skipped": {"()": "tradeportal.breaker.SkippedFilter"},
        "shared_token": {"()": "tradeportal.middleware.SharedTokenFilter"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id", "cache_skipped", "shared_token"],
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    # It tells of every task that it registers, in every command.
    "loggers": {"procrastinate": {"level": "WARNING"}},
}

# ---- Administration ---------------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "TradePortal admin",
    "SITE_HEADER": "TradePortal",
    "SITE_URL": "/",
    "SITE_DROPDOWN": [
        {"icon": "database", "title": "Caches", "link": lambda request: reverse("cache_counts")},
        {"icon": "arrow_back", "title": "The portal", "link": "/"},
    ],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}],
}
PGHISTORY_APPEND_ONLY = True
