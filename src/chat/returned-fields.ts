/** Fields of a server's own message. */
export type ServerFields = Readonly<Record<string, unknown>>;

/** Fields that a server sent beside the ones that are known here, by the place in which they go back. */
export type CallFields = {
  /** Fields of the message that holds the calls. Only the first call of an answer has any. */
  readonly message: ServerFields;
  readonly call: ServerFields;
  /** Fields beside the name and the arguments. */
  readonly function: ServerFields;
};

/**
 * Fields that came with a call of a tool and go back with it, such as the signature of a thought. Nobody here knows
 * their meaning. Only the server that sent them can read them.
 *
 * @example
 * import { ReturnedFields } from '#src/chat/returned-fields.ts';
 *
 * const server = {};
 * const call = { extra_content: { google: { thought_signature: 'abc' } } };
 * const returned = new ReturnedFields(server, { message: {}, call, function: {} });
 * [returned.read(server)?.call === call, returned.read({})]; // [true, undefined]
 */
export class ReturnedFields {
  readonly #server: object;
  readonly #fields: CallFields;

  /** Keeps fields for `server`, which is compared by identity: one model behind one address. */
  constructor(server: object, fields: CallFields) {
    this.#server = server;
    this.#fields = fields;
  }

  /** Returns the fields to the server that sent them. Undefined for any other server. */
  read(server: object): CallFields | undefined {
    return server === this.#server ? this.#fields : undefined;
  }

  /** Returns as many characters as the fields have, so that a reservation counts them while nobody can read them. */
  toJSON(): string {
    return 'x'.repeat(Buffer.byteLength(JSON.stringify(this.#fields)));
  }
}
