import type { Route, ServedApi } from './api.ts';

/** A route that takes a request. */
export interface RouteMatch {
  readonly route: Route;
  /** As the kind of API hands them on: percent-encoded by REST APIs, decoded by HTTP APIs. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Without the stage, percent-encoded. */
  readonly path: string;
}

/**
 * Finds the route of a request, or undefined. `path` is percent-encoded, with or without the stage in front. REST APIs look for the
 * resource first, and a method that it lacks is an error; HTTP APIs look among the routes with the method (API Gateway
 * developer guide, "Routing API requests"): literal parts before parameters, these before greedy ones, `$default` last.
 */
export function matchRoute(api: ServedApi, method: string, path: string): RouteMatch | undefined {
  const stage = `/${api.stage}`;
  if (path === stage || path.startsWith(`${stage}/`)) {
    const found = match(api, method, path.slice(stage.length) || '/');
    if (found) return found;
  }
  return match(api, method, path);
}

/** True when a route has this path, whatever its method. */
export function hasPath(api: ServedApi, path: string): boolean {
  return api.routes.some((route) => route.path !== '$default' && parametersOf(api, route.path, path) !== undefined);
}

function match(api: ServedApi, method: string, path: string): RouteMatch | undefined {
  const takes = (route: Route): boolean => route.method === 'ANY' || route.method === method;
  const candidates = api.routes.flatMap((route) => {
    const parameters = route.path === '$default' ? {} : parametersOf(api, route.path, path);
    return parameters === undefined ? [] : [{ route, parameters, path }];
  });
  const usable = api.kind === 'rest' ? candidates : candidates.filter(({ route }) => takes(route));
  const best = usable.toSorted((a, b) => byPreference(a.route, b.route))[0];
  if (best === undefined || api.kind !== 'rest') return best;
  return candidates.filter(({ route }) => route.path === best.route.path && takes(route)).toSorted((a, b) => byPreference(a.route, b.route))[0];
}

function byPreference(a: Route, b: Route): number {
  const [one, other] = [weights(a), weights(b)];
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

/** A number for each part of a path, the lower the more particular. */
function weights({ path }: Route): readonly number[] {
  if (path === '$default') return [9];
  return partsOf(path).map((part) => (part.endsWith('+}') ? 3 : part.startsWith('{') ? 2 : 1));
}

function parametersOf(api: ServedApi, pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = partsOf(pattern);
  // REST APIs take a slash at the end for nothing, HTTP APIs for another path.
  const trimmed = api.kind === 'rest' && path.length > 1 ? path.replace(/\/$/u, '') : path;
  const given = partsOf(trimmed);
  const parameters: Record<string, string> = {};
  const shown = (part: string): string => (api.kind === 'rest' ? part : decoded(part));
  for (const [at, part] of wanted.entries()) {
    const name = /^\{([^}+]+)(\+?)\}$/u.exec(part);
    const own = given[at];
    if (own === undefined || (name && own === '')) return undefined;
    if (name?.[2] === '+') {
      parameters[name[1] ?? ''] = shown(given.slice(at).join('/'));
      return parameters;
    }
    if (name) parameters[name[1] ?? ''] = shown(own);
    else if (decoded(own) !== decoded(part)) return undefined;
  }
  return given.length === wanted.length ? parameters : undefined;
}

function partsOf(path: string): readonly string[] {
  return path.replace(/^\//u, '').split('/');
}

/** Percent-encoded text decoded; as it is where it is malformed. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
