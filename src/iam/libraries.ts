import type { ImportedModule } from '../model/python-imports.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Python 3.11's standard library and what 3.8 to 3.14 add to it. */
const standard = words('abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo annotationlib compression distutils asynchat asyncore imp smtpd _thread __future__ concurrent');

/**
 * Packages that never call AWS by themselves, by import name. boto3 itself is looked at call by call. What is not here may call AWS.
 * Source: each package's own sources or dependencies, none of which is botocore or signs requests.
 */
const harmless = words('boto3 huggingface_hub botocore cfnresponse awslambdaric snapshot_restore_py requests urllib3 httpx httpcore aiohttp certifi idna charset_normalizer chardet six attr attrs typing_extensions pydantic pydantic_core pydantic_settings annotated_types marshmallow jsonschema simplejson orjson ujson yaml toml tomli dotenv dateutil pytz tzdata tzlocal arrow pendulum jinja2 markupsafe markdown bs4 lxml html5lib numpy scipy sklearn joblib PIL cv2 imageio skimage matplotlib cryptography Crypto Cryptodome nacl jwt jose bcrypt passlib fastapi starlette uvicorn mangum flask werkzeug itsdangerous click asgiref serverless_wsgi awsgi apig_wsgi graphene strawberry ariadne multipart python_multipart email_validator phonenumbers psycopg2 psycopg pymysql MySQLdb mysql pg8000 asyncpg sqlalchemy alembic redis pymemcache pymongo bson docx openpyxl xlrd xlsxwriter pptx fitz pymupdf PyPDF2 pypdf pdfplumber pdfminer reportlab fpdf qrcode tabulate rich loguru structlog pythonjsonlogger aws_xray_sdk opentelemetry sentry_sdk tenacity retrying backoff cachetools more_itertools toolz slack_sdk slack_bolt telegram telebot discord twilio stripe sendgrid openai tiktoken tqdm regex nltk unidecode rapidfuzz Levenshtein networkx shapely pyproj geopy haversine selenium playwright pyppeteer feedparser tweepy googleapiclient google_auth_oauthlib httplib2 oauthlib requests_oauthlib paramiko ffmpeg pydub moviepy mutagen librosa soundfile whisper faster_whisper yt_dlp torch torchvision torchaudio tensorflow keras onnxruntime transformers sentencepiece tokenizers huggingface_hub ctranslate2 xgboost lightgbm pyaudio pyjokes cowsay emoji humanize nanoid shortuuid ulid uuid6 xmltodict defusedxml zstandard lz4 brotli snappy msgpack google protobuf grpc packaging pkg_resources setuptools pytest moto mock responses freezegun faker pyzbar pytesseract easyocr cairosvg svgwrite wand exifread semver deepdiff dpath glom jmespath pyparsing cffi pycparser psutil linebot discord_interactions anthropic yfinance bottle seaborn plotly textblob spacy imageio_ffmpeg html2text colorama typer ratelimit deprecated websocket websockets gql oauth2client gspread spotipy praw mailchimp_marketing firebase_admin pynacl sympy');

/** Packages that call AWS with the function's permissions: service prefixes, by import name. */
const callers: Readonly<Record<string, string>> = {
  's3fs': 's3 kms', 'smart_open': 's3 kms', 'pynamodb': 'dynamodb', 'dynamorm': 'dynamodb', 'cloudpathlib': 's3 kms', 'aws_secretsmanager_caching': 'secretsmanager kms', 'aws_encryption_sdk': 'kms', 'dynamodb_encryption_sdk': 'dynamodb kms', 'ssm_cache': 'ssm kms', 'watchtower': 'logs',
  // pandas and its kin read s3:// addresses through other packages.
  'pandas': 's3 kms', 'polars': 's3 kms', 'pyarrow': 's3 kms', 'fsspec': 's3 kms', 'dask': 's3 kms', 'duckdb': 's3 kms',
};

/** Parts of Powertools for AWS Lambda that call AWS. Source: its documentation, section "IAM permissions" of each utility. */
const powertools: readonly (readonly [part: string, services: string])[] = [
  ['parameters', 'ssm secretsmanager appconfig dynamodb kms'], ['idempotency', 'dynamodb kms'], ['feature_flags', 'appconfig'], ['data_masking', 'kms'], ['streaming', 's3 kms'], ['kafka', 'glue secretsmanager'],
];

/** Whom an imported module may call: service prefixes, `*` for all; empty when it calls nobody. */
export function servicesCalledBy(module: ImportedModule): readonly string[] {
  const [top = ''] = module.name.split('.');
  const text = Object.hasOwn(callers, top) ? callers[top] : undefined;
  if (text !== undefined) return text.split(' ');
  if (top === 'aws_lambda_powertools') return powertoolsServices(module);
  if (module.name.startsWith('botocore.') || module.name === 'botocore') return botocoreServices(module);
  return standard.has(top) || harmless.has(top) || top.startsWith('mypy_boto3') || top.startsWith('types_') ? [] : ['*'];
}

function powertoolsServices({ name, members }: ImportedModule): readonly string[] {
  const used = [name, ...members].join('.').split('.');
  return powertools.filter(([part]) => used.includes(part)).flatMap(([, services]) => services.split(' '));
}

/** Signing and sessions give whatever they are used for. */
function botocoreServices({ name, members }: ImportedModule): readonly string[] {
  const used = [...name.split('.').slice(1), ...members];
  return used.some((part) => /^(?:auth|awsrequest|session|signers|credentials|httpsession|loaders)$/u.test(part)) ? ['*'] : [];
}
