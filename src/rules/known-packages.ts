/**
 * Import names of packages whose own name is another, by normalised name.
 * Source: each package's top_level.txt or RECORD in its wheel.
 */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'argon2-cffi': ['argon2'], 'attrs': ['attr', 'attrs'], 'aws-durable-execution-sdk-python': ['aws_durable_execution_sdk_python'], 'aws-lambda-powertools': ['aws_lambda_powertools'], 'aws-sam-translator': ['samtranslator'], 'aws-xray-sdk': ['aws_xray_sdk'],
  'azure-storage-blob': ['azure'], 'beautifulsoup4': ['bs4'], 'charset-normalizer': ['charset_normalizer'], 'discord-py': ['discord'], 'dnspython': ['dns'], 'elasticsearch-dsl': ['elasticsearch_dsl'], 'email-validator': ['email_validator'],
  'faiss-cpu': ['faiss'], 'ffmpeg-python': ['ffmpeg'], 'gitpython': ['git'], 'google-api-python-client': ['googleapiclient', 'apiclient'], 'google-auth': ['google'], 'google-cloud-storage': ['google'], 'google-generativeai': ['google'],
  'grpcio': ['grpc'], 'grpcio-tools': ['grpc_tools'], 'imageio-ffmpeg': ['imageio_ffmpeg'], 'importlib-metadata': ['importlib_metadata'], 'jira': ['jira'], 'line-bot-sdk': ['linebot'], 'markdown': ['markdown'], 'msgpack': ['msgpack'], 'mysql-connector-python': ['mysql', '_mysql_connector'],
  'mysqlclient': ['MySQLdb'], 'newspaper3k': ['newspaper'], 'openai-whisper': ['whisper'], 'opencv-contrib-python': ['cv2'], 'opencv-contrib-python-headless': ['cv2'], 'opencv-python': ['cv2'], 'opencv-python-headless': ['cv2'], 'opensearch-py': ['opensearchpy'],
  'pdfminer-six': ['pdfminer'], 'phonenumberslite': ['phonenumbers'], 'pillow': ['PIL'], 'progressbar2': ['progressbar'], 'protobuf': ['google'], 'psycopg2-binary': ['psycopg2'], 'pycryptodome': ['Crypto'], 'pycryptodomex': ['Cryptodome'],
  'pygithub': ['github'], 'pyjwt': ['jwt'], 'pymupdf': ['fitz', 'pymupdf'], 'pymysql': ['pymysql'], 'pynacl': ['nacl'], 'pyopenssl': ['OpenSSL'], 'pypdf2': ['PyPDF2'], 'pysocks': ['socks', 'sockshandler'], 'python-barcode': ['barcode'], 'python-dateutil': ['dateutil'],
  'python-docx': ['docx'], 'python-dotenv': ['dotenv'], 'python-gnupg': ['gnupg'], 'python-http-client': ['python_http_client'], 'python-jose': ['jose'], 'python-json-logger': ['pythonjsonlogger'], 'python-jwt': ['python_jwt'], 'python-levenshtein': ['Levenshtein'],
  'python-magic': ['magic'], 'python-multipart': ['multipart', 'python_multipart'], 'python-pptx': ['pptx'], 'python-slugify': ['slugify'], 'python-telegram-bot': ['telegram'], 'pytz': ['pytz'], 'pywin32': ['win32api', 'win32con'], 'pyyaml': ['yaml', '_yaml'],
  'pyzbar': ['pyzbar'], 'qrcode': ['qrcode'], 'scikit-image': ['skimage'], 'scikit-learn': ['sklearn'], 'sendgrid': ['sendgrid'], 'sentry-sdk': ['sentry_sdk'], 'setuptools': ['setuptools', 'pkg_resources'], 'slack-bolt': ['slack_bolt'], 'slack-sdk': ['slack_sdk', 'slack'],
  'slackclient': ['slack'], 'snapshot-restore-py': ['snapshot_restore_py'], 'speechrecognition': ['speech_recognition'], 'telethon': ['telethon'], 'tensorflow-cpu': ['tensorflow'], 'tflite-runtime': ['tflite_runtime'], 'torchvision': ['torchvision'], 'typing-extensions': ['typing_extensions'],
  'unstructured-client': ['unstructured_client'], 'webdriver-manager': ['webdriver_manager'], 'websocket-client': ['websocket'], 'yt-dlp': ['yt_dlp'],
};

/** Packages that are imported by their own name, so that this need not be looked up. Source: as above. */
const ownNames: ReadonlySet<string> = new Set([
  'aioboto3', 'aiohttp', 'anthropic', 'arrow', 'bcrypt', 'bleach', 'boto3', 'botocore', 'cerberus', 'chardet', 'click', 'colorama', 'cryptography', 'cython', 'dash', 'dill', 'django', 'docker', 'elasticsearch', 'faker', 'fastapi', 'feedparser', 'flask', 'geopandas',
  'gevent', 'html5lib', 'httpx', 'humanize', 'imageio', 'isodate', 'jinja2', 'jmespath', 'joblib', 'jsonschema', 'kafka', 'keras', 'langchain', 'librosa', 'lxml', 'mangum', 'marshmallow', 'matplotlib', 'mcp', 'moviepy', 'networkx', 'nltk', 'numpy', 'openai', 'openpyxl',
  'orjson', 'pandas', 'paramiko', 'pdfplumber', 'peewee', 'pendulum', 'pika', 'pip', 'plotly', 'polars', 'psutil', 'psycopg', 'psycopg2', 'pyarrow', 'pydantic', 'pydub', 'pygments', 'pymongo', 'pynamodb', 'pyotp', 'pypdf', 'pyproj', 'pytesseract', 'ratelimit', 'redis',
  'reportlab', 'requests', 'retrying', 'rich', 'ruptures', 's3fs', 's3transfer', 'scipy', 'seaborn', 'selenium', 'shapely', 'simplejson', 'six', 'soundfile', 'spacy', 'sqlalchemy', 'statsmodels', 'stripe', 'tabulate', 'tenacity', 'tensorflow', 'tiktoken', 'tldextract',
  'toml', 'torch', 'tornado', 'tqdm', 'transformers', 'twilio', 'ujson', 'urllib3', 'validators', 'werkzeug', 'xgboost', 'xlrd', 'xlsxwriter', 'xmltodict', 'zeep',
]);

/** The import names of a package that are known without its wheel; undefined for packages that are not in the tables. */
export function knownModules(normalizedName: string): readonly string[] | undefined {
  if (Object.hasOwn(otherNames, normalizedName)) return otherNames[normalizedName];
  return ownNames.has(normalizedName) ? [normalizedName] : undefined;
}

/** The package that brings a module, where only one is meant by that name; undefined when it is not known. */
export function packageOfModule(module: string): string | undefined {
  const found = Object.entries(otherNames).filter(([, modules]) => modules.includes(module)).map(([name]) => name);
  if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  return ownNames.has(module) ? module : undefined;
}

/**
 * Packages that serve development alone: tests, formatters, linters, type checkers, documentation, interactive shells.
 * Those that functions also start as programs (awscli) are not among them.
 */
export const developmentPackages: ReadonlySet<string> = new Set([
  'pytest', 'pytest-cov', 'pytest-mock', 'pytest-asyncio', 'pytest-xdist', 'pytest-env', 'pytest-runner', 'nose', 'tox', 'nox', 'coverage', 'hypothesis', 'moto', 'responses', 'freezegun', 'faker',
  'black', 'isort', 'flake8', 'pylint', 'ruff', 'autopep8', 'yapf', 'pycodestyle', 'pyflakes', 'pydocstyle', 'bandit', 'safety', 'mypy', 'pyright', 'mypy-boto3', 'boto3-stubs', 'botocore-stubs', 'pytype',
  'pre-commit', 'sphinx', 'mkdocs', 'mkdocs-material', 'ipython', 'ipykernel', 'ipdb', 'jupyter', 'notebook', 'jupyterlab', 'pip-tools', 'twine', 'build', 'bump2version', 'bumpversion', 'commitizen', 'aws-sam-cli', 'cfn-lint',
]);

/** Whether a package (normalised name) serves development alone. */
export function isForDevelopment(name: string): boolean {
  return developmentPackages.has(name) || /^(?:types-|mypy-boto3-|pytest-|flake8-)/u.test(name);
}
