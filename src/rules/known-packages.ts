/**
 * Import names of packages whose own name is another, by normalised name.
 * Source: each package's top_level.txt or RECORD in its wheel.
 */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'attrs': ['attr', 'attrs'], 'aws-lambda-powertools': ['aws_lambda_powertools'], 'aws-xray-sdk': ['aws_xray_sdk'], 'beautifulsoup4': ['bs4'], 'discord-py': ['discord'], 'ffmpeg-python': ['ffmpeg'],
  'google-api-python-client': ['googleapiclient', 'apiclient'], 'markdown': ['markdown'], 'msgpack': ['msgpack'], 'mysqlclient': ['MySQLdb'], 'openai-whisper': ['whisper'],
  'opencv-python': ['cv2'], 'opencv-python-headless': ['cv2'], 'opencv-contrib-python': ['cv2'], 'pillow': ['PIL'], 'protobuf': ['google'], 'psycopg2-binary': ['psycopg2'], 'pycryptodome': ['Crypto'], 'pycryptodomex': ['Cryptodome'],
  'pyjwt': ['jwt'], 'pymupdf': ['fitz', 'pymupdf'], 'pymysql': ['pymysql'], 'pyopenssl': ['OpenSSL'], 'pypdf2': ['PyPDF2'], 'python-dateutil': ['dateutil'], 'python-docx': ['docx'], 'python-dotenv': ['dotenv'], 'python-jose': ['jose'],
  'python-multipart': ['multipart', 'python_multipart'], 'python-pptx': ['pptx'], 'pytz': ['pytz'], 'pyyaml': ['yaml', '_yaml'], 'scikit-image': ['skimage'], 'scikit-learn': ['sklearn'], 'setuptools': ['setuptools', 'pkg_resources'],
  'slack-sdk': ['slack_sdk'], 'snapshot-restore-py': ['snapshot_restore_py'], 'typing-extensions': ['typing_extensions'], 'yt-dlp': ['yt_dlp'],
};

/** The import names of a package that are known without its wheel; undefined for packages that are not in the table. */
export function knownModules(normalizedName: string): readonly string[] | undefined {
  return Object.hasOwn(otherNames, normalizedName) ? otherNames[normalizedName] : undefined;
}

/** Packages that serve development alone: tests, formatters, linters, type checkers, documentation, interactive shells. */
export const developmentPackages: ReadonlySet<string> = new Set([
  'pytest', 'pytest-cov', 'pytest-mock', 'pytest-asyncio', 'pytest-xdist', 'pytest-env', 'pytest-runner', 'nose', 'tox', 'nox', 'coverage', 'hypothesis', 'moto', 'responses', 'freezegun', 'faker',
  'black', 'isort', 'flake8', 'pylint', 'ruff', 'autopep8', 'yapf', 'pycodestyle', 'pyflakes', 'pydocstyle', 'bandit', 'safety', 'mypy', 'pyright', 'mypy-boto3', 'boto3-stubs', 'botocore-stubs', 'pytype',
  'pre-commit', 'sphinx', 'mkdocs', 'mkdocs-material', 'ipython', 'ipykernel', 'ipdb', 'jupyter', 'notebook', 'jupyterlab', 'pip-tools', 'twine', 'build', 'bump2version', 'bumpversion', 'commitizen', 'aws-sam-cli', 'awscli', 'cfn-lint',
]);
