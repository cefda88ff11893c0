import type { AlertName } from '#src/base/alerts.ts';
import type { StoreCode } from '#src/sql/store-part.ts';
import type { StoreRequest } from './store-messages.ts';

/** Operations of a store by name: `port.method` of each of its ports. */
type OperationName<Store> = {
  [Key in keyof Store & string]: `${Key}.${keyof Store[Key] & string}`;
}[keyof Store & string];

/** Operations and alert of a kind of store. */
export type StoreKind<Store> = {
  readonly name: StoreRequest['kind'];
  /** Every operation, with the code of its failures: its arguments and results are data, so that they can cross threads. */
  readonly operations: { readonly [Name in OperationName<Store>]: StoreCode };
  /** Raised when nothing can be written for long. */
  readonly alert: AlertName;
};

/** Performs an operation: on another thread, or on the store that is open now. */
export type StoreCall = (
  name: string,
  args: readonly unknown[],
  code: StoreCode,
) => Promise<unknown>;

/** Performs an operation by its name. Arguments are those of the method, which `StoreKind` names. */
export function perform(store: object, name: string, args: readonly unknown[]): Promise<unknown> {
  const [port = '', method = ''] = name.split('.');
  const owner: object = Reflect.get(store, port);
  return Reflect.apply(Reflect.get(owner, method), owner, args);
}

/** A store whose operations are all performed by `call`. */
export function storeOver<Store extends AsyncDisposable>(
  { operations }: StoreKind<Store>,
  call: StoreCall,
  close: () => Promise<void>,
): Store {
  const store: Record<string | symbol, unknown> = { [Symbol.asyncDispose]: close };
  for (const [name, code] of Object.entries<StoreCode>(operations)) {
    const work = (...args: readonly unknown[]) => call(name, args, code);
    const [port = '', method = ''] = name.split('.');
    store[port] = Object.assign(store[port] ?? {}, { [method]: work });
  }
  return store as Store; // its operations are those of the table, which names them all
}
