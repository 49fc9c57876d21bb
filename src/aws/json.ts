/** A part of a JSON answer. */
export type Json = Readonly<Record<string, unknown>>;

/** An answer's text as a map; empty for anything else. */
export function jsonOf(text: string): Json {
  if (text === '') return {};
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

/** A member that is a text. */
export function textIn(json: Json, name: string): string | undefined {
  const value = json[name];
  return typeof value === 'string' ? value : undefined;
}

/** A member that is a list of maps. */
export function listIn(json: Json, name: string): readonly Json[] {
  const value = json[name];
  return Array.isArray(value) ? value.filter((one): one is Json => typeof one === 'object' && one !== null) : [];
}

/** A member that is a map; empty where it is not there. */
export function mapIn(json: Json, name: string): Json {
  const value = json[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
