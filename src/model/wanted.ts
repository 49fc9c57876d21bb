import type { Model } from './function.ts';

/** What has a name in a template. */
interface Named {
  readonly logicalId: string;
  readonly fullPath: string;
}

/**
 * Tells what a build of some functions and Lambda layers is about: those named, by logical ID or full path, and the layers of named
 * functions, as sam has it. Everything when none is named.
 */
export function wantedBy(only: readonly string[], model: Pick<Model, 'functions'>): (one: Named) => boolean {
  if (only.length === 0) return () => true;
  const isNamed = ({ logicalId, fullPath }: Named): boolean => only.includes(logicalId) || only.includes(fullPath);
  const layers = new Set(model.functions.filter(isNamed).flatMap((fn) => fn.layers.flatMap((layer) => (layer.kind === 'own' ? [layer.fullPath] : []))));
  return (one) => isNamed(one) || layers.has(one.fullPath);
}
