import type { ServedApi } from './api.ts';
import type { ApiDoor } from './api-door.ts';
import { answerApi } from './api-door.ts';
import { openDoor, type Door } from './door.ts';
import { Failure } from '../base/fault.ts';

/** The ports of the APIs, one for each, as each has an address of its own on AWS. */
export interface ApiDoors {
  readonly list: () => readonly { readonly name: string; readonly kind: ServedApi['kind']; readonly url: string }[];
  /** Opens doors for new APIs and closes those of APIs that are gone; the others keep their ports. */
  readonly update: (apis: readonly ServedApi[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** `firstPort`: the first API's, the next ones follow it; 0 for any free ones. A port that is taken is passed over. */
export function openApiDoors(door: ApiDoor, firstPort: number): ApiDoors {
  const doors = new Map<string, Door>();
  let current: readonly ServedApi[] = [];
  const keyOf = (api: ServedApi): string => `${api.kind} ${api.name}`;
  const open = async (key: string): Promise<Door> => {
    for (let port = firstPort; ; port++) {
      if ([...doors.values()].some((other) => other.port === port)) continue;
      try {
        return await openDoor(port, async (request, response) => {
          await door.ready?.();
          const api = current.find((one) => keyOf(one) === key);
          if (api === undefined) response.destroy();
          else await answerApi(door, api, request, response);
        });
      } catch (error) {
        if (!(error instanceof Failure) || port >= firstPort + 100) throw error;
      }
    }
  };
  return {
    list: () => current.flatMap((api) => {
      const { url } = doors.get(keyOf(api)) ?? {};
      return url === undefined ? [] : [{ name: api.name, kind: api.kind, url }];
    }),
    update: async (apis) => {
      current = apis;
      const wanted = new Set(apis.map(keyOf));
      for (const [key, open] of doors) {
        if (wanted.has(key)) continue;
        doors.delete(key);
        await open.close();
      }
      for (const key of wanted) if (!doors.has(key)) doors.set(key, await open(key));
    },
    close: async () => {
      await Promise.all([...doors.values()].map((open) => open.close()));
    },
  };
}
