/**
 * Packages that others use when they are there, without any import of them in the function's own code: by the package that
 * uses them. Source: the optional dependencies in each package's documentation.
 */
const companions: Readonly<Record<string, readonly string[]>> = {
  'aiohttp': ['aiodns', 'brotli', 'cchardet'],
  'beautifulsoup4': ['lxml', 'html5lib', 'chardet'],
  'celery': ['redis', 'kombu', 'boto3', 'pycurl'],
  'django': databaseDrivers(),
  'fastapi': ['uvicorn', 'starlette', 'pydantic', 'python-multipart', 'jinja2', 'email-validator', 'orjson', 'ujson', 'httpx', 'itsdangerous', 'pyyaml'],
  'flask': ['python-dotenv', 'gunicorn', 'blinker', 'asgiref', 'werkzeug', 'jinja2'],
  'httpx': ['h2', 'brotli', 'socksio', 'certifi'],
  'imageio': ['imageio-ffmpeg', 'av', 'tifffile'],
  'keras': ['tensorflow', 'torch', 'jax', 'h5py'],
  'librosa': ['numba', 'soundfile', 'audioread', 'resampy'],
  'markdown': ['pygments'],
  'moviepy': ['imageio-ffmpeg', 'imageio', 'pillow', 'opencv-python', 'opencv-python-headless', 'python-dotenv'],
  'pandas': ['openpyxl', 'xlrd', 'xlsxwriter', 'pyarrow', 'fastparquet', 'lxml', 'html5lib', 'beautifulsoup4', 'tables', 's3fs', 'fsspec', 'sqlalchemy', 'numexpr', 'bottleneck', 'odfpy', 'pyxlsb', 'tabulate', 'jinja2', 'matplotlib', 'scipy', 'pytz', ...databaseDrivers()],
  'passlib': ['bcrypt', 'argon2-cffi'],
  'pydantic': ['email-validator', 'python-dotenv', 'pydantic-settings', 'typing-extensions'],
  'pydub': ['audioop-lts', 'simpleaudio', 'pyaudio', 'scipy'],
  'pyjwt': ['cryptography'],
  'pymongo': ['dnspython', 'python-snappy', 'zstandard', 'pymongocrypt', 'certifi'],
  'python-jose': ['cryptography', 'pycryptodome', 'ecdsa'],
  'requests': ['pysocks', 'chardet', 'certifi', 'urllib3', 'charset-normalizer', 'idna'],
  'requests-aws4auth': ['httpx'],
  'selenium': ['chromedriver-binary', 'webdriver-manager'],
  'snowflake-connector-python': ['pandas', 'pyarrow'],
  'sqlalchemy': databaseDrivers(),
  'transformers': ['torch', 'tensorflow', 'flax', 'jax', 'sentencepiece', 'accelerate', 'safetensors', 'tokenizers', 'sacremoses', 'protobuf', 'tiktoken', 'pillow', 'librosa', 'timm', 'onnxruntime', 'fugashi', 'ipadic', 'unidic-lite'],
  'sentence-transformers': ['torch', 'transformers', 'pillow'],
  'xgboost': ['scikit-learn', 'scipy', 'numpy', 'pandas'],
};

function databaseDrivers(): readonly string[] {
  return ['psycopg2', 'psycopg2-binary', 'psycopg', 'pymysql', 'mysqlclient', 'mysql-connector-python', 'cx-oracle', 'oracledb', 'pyodbc', 'asyncpg', 'aiomysql', 'aiosqlite', 'pg8000', 'pymssql', 'greenlet'];
}

/** True when one package (normalised name) is known to use another when it is there. */
export function mayUse(user: string, name: string): boolean {
  return (Object.hasOwn(companions, user) && companions[user]?.includes(name) === true) || loadsByName.some((prefix) => user.startsWith(prefix));
}

/** Frameworks that load whatever integration is installed. */
const loadsByName: readonly string[] = ['langchain', 'llama-index', 'crewai', 'apache-airflow', 'opentelemetry-', 'haystack'];

/** Packages that work without being imported: instrumentation, start-up code, build tools, the runtime client, data. */
export function worksUnimported(name: string): boolean {
  return /^(?:opentelemetry-|aws-opentelemetry-|ddtrace$|datadog(?:-lambda)?$|newrelic$|awslambdaric$|lumigo|epsagon$|setuptools$|wheel$|pip$|cython$|tzdata$|backports|importlib-|typing-extensions$|dataclasses$|uvicorn$|gunicorn$|awscli$|uv$|poetry$|types-)/u.test(name);
}

/** Packages that people name mostly to fix the version of what others need. */
export const usuallyIndirect: ReadonlySet<string> = new Set([
  'anyio', 'attrs', 'aws-lambda-powertools-core', 'botocore', 'certifi', 'cffi', 'chardet', 'charset-normalizer', 'click', 'cryptography', 'exceptiongroup', 'filelock', 'frozenlist', 'fsspec', 'greenlet', 'grpcio', 'h11', 'httpcore', 'huggingface-hub', 'idna',
  'itsdangerous', 'jinja2', 'jmespath', 'joblib', 'llvmlite', 'lxml', 'markupsafe', 'multidict', 'numba', 'numpy', 'packaging', 'pillow', 'platformdirs', 'protobuf', 'pyasn1', 'pycparser', 'pydantic', 'pydantic-core', 'pyparsing', 'python-dateutil', 'pytz', 'pyyaml',
  'regex', 's3transfer', 'safetensors', 'scipy', 'six', 'sniffio', 'soupsieve', 'starlette', 'threadpoolctl', 'tokenizers', 'tqdm', 'urllib3', 'werkzeug', 'wrapt', 'yarl', 'zipp',
]);
