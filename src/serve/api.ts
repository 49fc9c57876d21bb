/** CORS as a template sets it for an API or a function URL. */
export interface Cors {
  /** `*` for all. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly credentials: boolean;
  /** Seconds. */
  readonly maxAge: number | undefined;
}

/** Who would decide on AWS whether a request may pass; here everyone may. */
export interface Authorizer {
  readonly name: string;
  readonly kind: 'lambda' | 'jwt' | 'cognito' | 'iam' | 'key';
}

/** A method and path that a function answers. */
export interface Route {
  /** Upper case; `ANY` for all. */
  readonly method: string;
  /** As in the template: `/items/{id}`, `/{proxy+}`; `$default` for what no other route takes. */
  readonly path: string;
  /** Key of the function in `Serving.functions`; undefined where the integration is none that can be run here. */
  readonly functionName: string | undefined;
  readonly payload: '1.0' | '2.0';
  readonly authorizer: Authorizer | undefined;
}

/** One API, or one function URL. */
export interface ServedApi {
  /** Logical ID of the API; of the function for its URL. */
  readonly name: string;
  readonly kind: 'rest' | 'http' | 'url';
  /** `Prod`, `$default`. */
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly routes: readonly Route[];
  /** REST: media types whose bodies are binary. */
  readonly binaryTypes: readonly string[];
  readonly cors: Cors | undefined;
  /** Function URLs with `InvokeMode: RESPONSE_STREAM`. */
  readonly streams: boolean;
  /** What of the template is not carried out here, in sentences. */
  readonly remarks: readonly string[];
}
