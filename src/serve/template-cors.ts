import type { Cors } from './api.ts';
import { fieldsOf, isFields, wordOf, wordsOf } from './plain.ts';

/** `Cors` of AWS::Serverless::Api: the text is an origin; values carry quotes of their own (`"'*'"`). */
export function restCors(value: unknown): Cors | undefined {
  if (value === undefined || value === null) return undefined;
  const { AllowOrigin, AllowMethods, AllowHeaders, AllowCredentials, MaxAge } = isFields(value) ? value : { AllowOrigin: value };
  const age = unquoted(MaxAge);
  return {
    origins: [unquoted(AllowOrigin) ?? '*'], methods: listed(AllowMethods), headers: listed(AllowHeaders), exposed: [],
    credentials: wordOf(AllowCredentials) === 'true', maxAge: age === undefined ? undefined : Number(age),
  };
}

/** `CorsConfiguration` of AWS::Serverless::HttpApi, where `true` allows every origin, and `Cors` of function URLs. */
export function httpCors(value: unknown): Cors | undefined {
  if (value === true || value === 'true') return { origins: ['*'], methods: [], headers: [], exposed: [], credentials: false, maxAge: undefined };
  if (!isFields(value)) return undefined;
  const { AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders, AllowCredentials, MaxAge } = fieldsOf(value);
  const age = wordOf(MaxAge);
  return {
    origins: wordsOf(AllowOrigins), methods: wordsOf(AllowMethods), headers: wordsOf(AllowHeaders), exposed: wordsOf(ExposeHeaders),
    credentials: wordOf(AllowCredentials) === 'true', maxAge: age === undefined ? undefined : Number(age),
  };
}

function unquoted(value: unknown): string | undefined {
  return wordOf(value)?.replace(/^'(.*)'$/u, '$1');
}

function listed(value: unknown): readonly string[] {
  return (unquoted(value) ?? '').split(',').map((one) => one.trim()).filter((one) => one !== '');
}
