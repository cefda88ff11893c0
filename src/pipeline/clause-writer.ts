import { ClauseSplitter, ShortLinks } from '#src/chat/text/clauses.ts';
import { asidesIn } from '#src/chat/text/written-passages.ts';
import type { AnswerSound } from './answer-language.ts';
import type { ReplyPart } from './pipeline.ts';

/** A written text in clauses; the first passage of each unspeakable kind is followed by its spoken replacement. */
export class ClauseWriter {
  readonly #instead: AnswerSound['asides'];
  readonly #splitter = new ClauseSplitter({ eager: true });
  readonly #links = new ShortLinks();
  readonly #said = new Set<string>();

  constructor(instead: AnswerSound['asides']) {
    this.#instead = instead;
  }

  push(text: string): string[] {
    return this.#with(this.#splitter.push(this.#links.push(text)));
  }

  flush(): string[] {
    return this.#with([...this.#splitter.push(this.#links.flush()), ...this.#splitter.flush()]);
  }

  #with(clauses: readonly string[]): string[] {
    const instead = this.#instead;
    if (!instead) return [...clauses];
    return clauses.flatMap((clause) => [
      clause,
      ...this.#news(asidesIn(clause).map(({ kind }) => instead[kind])),
    ]);
  }

  #news(sentences: readonly string[]): string[] {
    const news = new Set(sentences).difference(this.#said);
    for (const sentence of news) this.#said.add(sentence);
    return [...news];
  }
}

/** All of a written answer that is to be read, not heard. */
export function asideOf(written: string): Extract<ReplyPart, { kind: 'aside' }> | undefined {
  const text = asidesIn(written)
    .map((aside) => aside.text)
    .join('\n');
  return text === '' ? undefined : { kind: 'aside', text };
}
