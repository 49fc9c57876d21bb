/**
 * A pure function of an object, worked out once for each object; what it gave is forgotten together with the object.
 * Rules ask the same of the same project again and again.
 */
export function once<K extends object, V>(work: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const before = known.get(key);
    if (before) return before.value;
    const value = work(key);
    known.set(key, { value });
    return value;
  };
}

/** The same for two objects. */
export function onceForBoth<A extends object, B extends object, V>(work: (a: A, b: B) => V): (a: A, b: B) => V {
  const of = once((a: A) => once((b: B) => work(a, b)));
  return (a, b) => of(a)(b);
}
