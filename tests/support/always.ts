/** A map that has the same value under every key. */
export class Always<T> extends Map<string, T> {
  readonly value: T;
  constructor(value: T) {
    super();
    this.value = value;
  }
  override get(): T {
    return this.value;
  }
  override has(): boolean {
    return true;
  }
}
