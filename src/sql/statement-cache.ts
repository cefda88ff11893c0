/** Prepared statements by their SQL: the most recently used ones. */
export class StatementCache<Statement> {
  readonly #prepare: (sql: string) => Statement;
  readonly #most: number;
  readonly #statements = new Map<string, Statement>();

  constructor(prepare: (sql: string) => Statement, most: number) {
    this.#prepare = prepare;
    this.#most = most;
  }

  get(sql: string): Statement {
    const statement = this.#statements.get(sql) ?? this.#prepare(sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined && this.#statements.size > this.#most) this.#statements.delete(oldest);
    return statement;
  }
}
