import { failure, type Failure } from '../base/fault.ts';
import { readXml, elementAt, textAt } from './read-xml.ts';

/** What AWS answered instead of doing what was asked. */
export interface AwsError {
  readonly status: number;
  /** `ResourceNotFoundException`, `Throttling`, …; empty where none was told. */
  readonly code: string;
  readonly message: string;
}

/** Reads an error of any of AWS's protocols: a header, a `__type`, or XML. */
export function readAwsError(status: number, headers: Readonly<Record<string, string | undefined>>, body: string): AwsError {
  if (body.trimStart().startsWith('<')) {
    const root = readXml(body);
    const found = elementAt(root, 'ErrorResponse', 'Error') ?? elementAt(root, 'Error');
    return { status, code: textAt(found, 'Code') ?? '', message: textAt(found, 'Message') ?? '' };
  }
  const json = objectOf(body);
  const told = headers['x-amzn-errortype'] ?? json['__type'] ?? json['code'];
  const code = typeof told === 'string' ? (told.split(':')[0]?.split('#').at(-1) ?? '') : '';
  const message = json['message'] ?? json['Message'] ?? json['errorMessage'];
  return { status, code, message: typeof message === 'string' ? message : body.slice(0, 300) };
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Another attempt a little later may work. */
export function isPassing({ status, code }: AwsError): boolean {
  return status === 429 || status >= 500 || /^(?:Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown|ServiceUnavailable|InternalFailure)/u.test(code);
}

/** The keys have ended, or are not (or no longer) known; new ones may be. */
export function isExpired({ code }: AwsError): boolean {
  return /^(?:ExpiredToken(?:Exception)?|RequestExpired|InvalidClientTokenId|UnrecognizedClientException|TokenRefreshRequired|InvalidToken)$/u.test(code);
}

/** The failure for an error that stays. `what` says what was tried: `UpdateFunctionCode of shop-Fn`. */
export function awsFailure(what: string, error: AwsError, profile: string | undefined): Failure {
  const why = `AWS says ${error.code === '' ? `status ${error.status}` : error.code}${error.message === '' ? '' : `: ${error.message}`}`;
  const login = `sign in again (\`aws sso login${profile === undefined ? '' : ` --profile ${profile}`}\`), or set new keys`;
  if (isExpired(error)) return failure('aws/unauthorized', `${what} was refused: the AWS credentials have ended or are not valid`, { why, next: login });
  if (error.status === 401 || error.status === 403 || /AccessDenied|NotAuthorized|SignatureDoesNotMatch/u.test(error.code)) {
    return failure('aws/unauthorized', `${what} is not allowed`, { why, next: 'let the AWS identity do that, or choose another one with AWS_PROFILE' });
  }
  if (error.status === 404 || /NotFound|does not exist/u.test(`${error.code} ${error.message}`)) return failure('aws/not-found', `${what} found nothing`, { why });
  if (isPassing(error)) return failure('aws/unavailable', `${what} got no good answer`, { why, next: 'try again in a moment' });
  return failure('aws/refused', `${what} was refused`, { why });
}
