// A value that others can watch: all the state management this page needs.

type Watcher<Value> = (value: Value) => void;

export class Observable<Value> {
  #value: Value;
  readonly #watchers = new Set<Watcher<Value>>();

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  set(value: Value): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#watchers.forEach((watcher) => watcher(value));
  }

  /** Tells the value there is, and each later one. */
  watch(watcher: Watcher<Value>): void {
    this.#watchers.add(watcher);
    watcher(this.#value);
  }
}
