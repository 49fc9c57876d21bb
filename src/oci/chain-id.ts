import { digestOf, type Digest, type DiffId } from '../base/digest.ts';

/** Names the result of applying layers in turn, whatever their compression (OCI image specification, "Layer ChainID"); undefined for none. */
export function chainId(diffIds: readonly DiffId[]): Digest | undefined {
  const [first, ...rest] = diffIds;
  if (first === undefined) return undefined;
  return rest.reduce<Digest>((chain, next) => digestOf(`${chain} ${next}`), first as string as Digest);
}
