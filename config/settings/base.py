"""What every installation shares; whatever differs between machines comes from the environment."""

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from config.settings.login import *
from config.settings.login import LOGIN_FORM_ORIGINS

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

# Where everything that is made at run time lives: database, media, private files, keys of the demo.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

SITE_NAME = "Vakwijs"
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    # Ours, from the top room to the bottom one: a template of a higher room may override a lower one's.
    "portal",
    "accreditation",
    "competencies",
    "courses",
    "cms",
    "lrs",
    "accounts",
    # Wagtail
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.routable_page",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    # Log-in
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "allauth.usersessions",
    # Django and its companions
    "csp",
    "django_linear_migrations",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.postgres",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "lrs.middleware.ShortWay",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.NothingPersonalIsKept",
    "accounts.middleware.SecondStepForAdministrators",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

# The web server (deploy/serve.sh): processes, requests at work at once in each, and requests at hand in each.
WEB_WORKERS = env.int("WEB_WORKERS", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=4)
WEB_BACKPRESSURE = env.int("WEB_BACKPRESSURE", default=64)
# Receiving a body (config/receiving.py). Sizes in octets are those of deploy/Caddyfile; the first prefix that fits counts.
RECEIVING_LARGEST = {"/cms/": 600_000_000, "/xapi/": 600_000_000, "/beheer/leerrecords/uitwisselen/": 600_000_000, "": 70_000_000}
RECEIVING_GRACE = 5.0  # seconds in which a large body may come slowly
RECEIVING_SLOWEST = 4096  # octets a second after that
RECEIVING_PATIENCE = 20.0  # seconds that a request waits for a place
RECEIVING_GATES = {"/xapi/": "lrs.api.gate"}

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
                "cms.context_processors.site",
            ],
        },
    },
]

# `{{ form }}` everywhere is our own form and field components.
FORM_RENDERER = "cms.form_renderer.VakwijsRenderer"

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'vakwijs.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(parents=True, exist_ok=True)  # SQLite makes the file, not the folder
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a writer waits for its turn at the start, instead of failing with "database is locked" half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000; PRAGMA wal_autocheckpoint=8000;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if replica_url := env.str("REPLICA_URL", default=""):
    # A streaming replica, from which the record is read (lrs.replica). Tests never write to it.
    DATABASES["replica"] = {**env.db_url_config(replica_url), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "TEST": {"MIRROR": "default"}}
    DATABASE_ROUTERS = ["lrs.replica.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# Background work: the database carries the queue on one machine, Redis when there are several.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "lrs"]}}

# After commit every statement passes these, in this order (docs/architecture.md, "How data flows").
LRS_PROJECTIONS = [
    "courses.progress.project",
    "competencies.evidence.project",
    "accreditation.points.project",
]
# Calls to other systems: how long one request may take, and whether this very machine may be called (the demo and tests).
OUTGOING_SECONDS = env.float("OUTGOING_SECONDS", default=env.float("LRS_FORWARDING_SECONDS", default=30.0))  # its name of before
OUTGOING_LOOPBACK = False

# The public BIG register, for instance https://api.bigregister.nl/zksrv/soap/4; without an address nobody is looked up.
BIG_REGISTER_ENDPOINT = env.str("BIG_REGISTER_ENDPOINT", default="")
BIG_REGISTER_SECONDS = env.float("BIG_REGISTER_SECONDS", default=10.0)
BIG_REGISTER_CALLS_A_MINUTE = env.int("BIG_REGISTER_CALLS_A_MINUTE", default=20)
BIG_REGISTER_MAX_AGE_DAYS = env.int("BIG_REGISTER_MAX_AGE_DAYS", default=365)  # how long an answer stands before it is asked again

# What the room above has to say about the numbers on a profile (accounts.numbers).
ACCOUNTS_NUMBER_STANDINGS = "accreditation.big_register.standing.standings"
ACCOUNTS_NUMBER_SAVED = "accreditation.big_register.standing.saved"
ACCOUNTS_NAME_CHANGED = "accreditation.big_register.standing.renamed"
ACCOUNTS_NUMBER_CLAIMED = "accreditation.big_register.standing.claimed"
# What ends with somebody's session.
ACCOUNTS_LOGGED_OUT = "lrs.launch.end_of"
# What the rooms above `lrs` say and do when somebody's learning records are erased or grow old (docs/decisions, "Erasure").
LRS_ERASURE_STANDING = ["courses.privacy.standing", "accreditation.privacy.standing"]
LRS_ERASURE_FORGET = [
    "courses.privacy.forget",
    "cms.privacy.forget",
    "accreditation.privacy.forget",
    "accreditation.big_register.privacy.forget",
]
# What they add to everything that somebody gets of themselves (AVG, article 15).
LRS_ACCESS_ADDS = ["accreditation.privacy.access", "accreditation.big_register.privacy.access"]
LRS_RETENTION_KEEPS = ["courses.privacy.keeps", "accreditation.privacy.keeps"]
# How long a register may ask for the proof of points: a registration period of the BIG register. To be confirmed per register.
ACCREDITATION_PROOF_YEARS = env.int("ACCREDITATION_PROOF_YEARS", default=5)
# Requests a minute of a key of an organisation that has no limit of its own, of content that was launched for one learner,
# and wrong keys from one address; 0 is no limit. How long an OAuth token works, in seconds.
LRS_REQUESTS_A_MINUTE = env.int("LRS_REQUESTS_A_MINUTE", default=6000)
LRS_LAUNCH_REQUESTS_A_MINUTE = env.int("LRS_LAUNCH_REQUESTS_A_MINUTE", default=600)
# Who starts an exercise elsewhere holds its token in their own browser: what that may send is for a learner, not for a tool.
LRS_LAUNCH_LARGEST_BODY = env.int("LRS_LAUNCH_LARGEST_BODY_MB", default=5) * 1024 * 1024
LRS_STRANGERS_A_MINUTE = env.int("LRS_STRANGERS_A_MINUTE", default=300)
LRS_TOKENS_A_MINUTE = env.int("LRS_TOKENS_A_MINUTE", default=60)
LRS_TOKEN_SECONDS = env.int("LRS_TOKEN_SECONDS", default=900)
# The rooms above `courses` hand it their vocabulary by name, so that it need not import them.
COURSES_COMPETENCY_CHOICES = "competencies.frameworks.choices"
COURSES_CREDIT_SOURCE = "accreditation.courses.credit_of"
COURSES_LEARNER_NOTICES = ["accreditation.courses.notices"]
COURSES_EXTRA_CHECKS = ["accreditation.courses.checks"]
COMPETENCIES_BROUGHT = "accreditation.evidence.areas.brought_by"
# `lrs` knows no courses; the pages about the record borrow their titles and what a record means in one.
LRS_COURSE_CHOICES = "courses.records.course_choices"
LRS_COURSES_OF = "courses.records.courses_of"
LRS_PLACES = "courses.records.places_of"
LRS_STANDING = "courses.records.standing_of"
LRS_EFFECT = "courses.records.effect_of"

# What learners hand in. The scanner is a callable(file) that answers why a file is refused, or nothing.
WORK_MAX_FILE_BYTES = env.int("WORK_MAX_FILE_MB", default=20) * 1_000_000
WORK_VIRUS_SCANNER = env.str("WORK_VIRUS_SCANNER", default="")

# What people bring to their dossier: how large one file may be, how much room each person has, and the scanner, as above.
EVIDENCE_LARGEST_FILE = env.int("EVIDENCE_LARGEST_FILE_MB", default=20) * 1_000_000
EVIDENCE_ROOM = env.int("EVIDENCE_ROOM_MB", default=500) * 1_000_000
EVIDENCE_VIRUS_SCANNER = env.str("EVIDENCE_VIRUS_SCANNER", default=WORK_VIRUS_SCANNER)
# More points than this on one piece of evidence is asked about before it counts. A week of education, at a point an hour, gives 40:
# more is a slip of the pen more often than a course. Our own choice; what a register asks over a whole period is refused beyond.
EVIDENCE_MANY_POINTS = env.int("EVIDENCE_MANY_POINTS", default=40)
# Other installations whose dossiers are taken for theirs: fingerprint=name, from their /.well-known/vakwijs-dossier-keys.json.
DOSSIER_TRUSTED_KEYS = env.dict("DOSSIER_TRUSTED_KEYS", default={})
DOSSIER_LARGEST_FILE = env.int("DOSSIER_LARGEST_FILE_MB", default=750) * 1_000_000

# Attachments of statements, which pass through a temporary file (FILE_UPLOAD_TEMP_DIR) and never through memory whole.
LRS_LARGEST_ATTACHMENT = env.int("LRS_LARGEST_ATTACHMENT_MB", default=256) * 1024 * 1024
LRS_LARGEST_MESSAGE = env.int("LRS_LARGEST_MESSAGE_MB", default=512) * 1024 * 1024
# How long a storage may take over an answer; a large attachment gets more (lrs.attachments).
LRS_STORAGE_SECONDS = env.float("LRS_STORAGE_SECONDS", default=20.0)
LRS_VIRUS_SCANNER = env.str("LRS_VIRUS_SCANNER", default="")
# May an import call a store in our own network? Whoever may ask for an import could otherwise have the server call what only it can reach.
LRS_IMPORT_PRIVATE_ADDRESSES = env.bool("LRS_IMPORT_PRIVATE_ADDRESSES", default=False)
LRS_IMPORT_LARGEST_FILE = env.int("LRS_IMPORT_LARGEST_FILE_MB", default=590) * 1_000_000
# Where `accounts.virus_scan.ask_clamd`, which both scanners can be, finds ClamAV: the path of a socket, or host:port.
CLAMD = env.str("CLAMD", default="/run/clamav/clamd.ctl")

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.passwords.LongEnough", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Nederlands")), ("en", _("Engels"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Amsterdam"  # Time is legal: stored in UTC, decided with Amsterdam's date.

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "frontend" / "dist"]
MEDIA_URL = "/media/"
SERVE_MEDIA = False
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
PRIVATE_ROOT = Path(env.str("PRIVATE_ROOT", default=str(VAR_DIR / "private")))
S3_BUCKET = env.str("S3_BUCKET", default="")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Hand-ins, evidence, certificates, H5P state: never under MEDIA_URL, only through a view that checks who asks.
    "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if S3_BUCKET:
    _s3 = {
        "bucket_name": S3_BUCKET,
        "endpoint_url": env.str("S3_ENDPOINT_URL", default=None),
        "region_name": env.str("S3_REGION", default=None),
        # Two people may upload a "logo.png": the second gets another name, as on a disk, and the first keeps their picture.
        "file_overwrite": False,
    }
    STORAGES["default"] = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**_s3, "location": "media"}}
    STORAGES["private"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {**_s3, "location": "private", "default_acl": "private", "querystring_auth": True},
    }

WAGTAIL_SITE_NAME = SITE_NAME
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAIL_CONTENT_LANGUAGES = [("nl", _("Nederlands"))]
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp", "avif", "svg"]
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "odt", "pdf", "pptx", "txt", "xlsx", "vtt", "mp4", "webm"]
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None  # who works here is nobody else's business, not even as a hash of an address
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
# Nobody's address goes to a third party for a picture; without this the editor asks Gravatar.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_FRONTEND_LOGIN_URL = "/account/login/"
# Passwords and addresses are changed under /account/, where the second step and the audit trail are.
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False

# No inline script or style, nothing from elsewhere. A picture of an upload may be shown before it is sent (blob:, data:).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'self'", *LOGIN_FORM_ORIGINS],
        "base-uri": ["'self'"],
        "object-src": ["'none'"],
    }
}
# Wagtail's editor (7.4) sets inline styles and a few inline scripts; authors and administrators only.
CONTENT_SECURITY_POLICY_EDITOR = {
    "URL_PREFIXES": ("/cms/",),
    "DIRECTIVES": {
        **CONTENT_SECURITY_POLICY["DIRECTIVES"],
        "script-src": ["'self'", "'unsafe-inline'"],
        "style-src": ["'self'", "'unsafe-inline'"],
    },
}
X_FRAME_OPTIONS = "DENY"  # Wagtail and the H5P frame allow their own framed views one by one

# Certificates: the seal's key (the demo makes its own), and the typeface, made at set-up from the npm package.
CERTIFICATE_SEAL_P12 = env.str("CERTIFICATE_SEAL_P12", default="")
CERTIFICATE_SEAL_PASSWORD = env.str("CERTIFICATE_SEAL_PASSWORD", default="")
# How strong the seal is: B-B, B-T (with the time of a time-stamp service) or B-LT (with the chain and what shows that it was not revoked).
CERTIFICATE_SEAL_LEVEL = env.str("CERTIFICATE_SEAL_LEVEL", default="B-B")
CERTIFICATE_SEAL_CHAIN = env.str("CERTIFICATE_SEAL_CHAIN", default="")
CERTIFICATE_TSA_URL = env.str("CERTIFICATE_TSA_URL", default="")
CERTIFICATE_TSA_USER = env.str("CERTIFICATE_TSA_USER", default="")
CERTIFICATE_TSA_PASSWORD = env.str("CERTIFICATE_TSA_PASSWORD", default="")
CERTIFICATE_TSA_SECONDS = env.int("CERTIFICATE_TSA_SECONDS", default=10)
CERTIFICATE_FONT_SOURCE = env.str("CERTIFICATE_FONT_SOURCE", default=str(BASE_DIR / "frontend" / "dist" / "fonts"))
CERTIFICATE_FONT_DIR = env.str("CERTIFICATE_FONT_DIR", default=str(VAR_DIR / "fonts"))
# Where the front-end build wrote the published contexts that a badge is signed with.
BADGE_CONTEXT_DIR = env.str("BADGE_CONTEXT_DIR", default=str(BASE_DIR / "frontend" / "dist" / "contexts"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Libraries that tell of every table of a font, every signature, every task and every page (Wagtail keeps that in its own log too).
    "loggers": {name: {"level": "WARNING"} for name in ("fontTools", "pyhanko", "pyhanko_certvalidator", "django_tasks", "wagtail")},
}
