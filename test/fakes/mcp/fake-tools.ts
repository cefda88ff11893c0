import { env } from 'node:process';
import { z } from 'zod';

/** Misbehaviour of a fake server, on every transport. */
export type ToolMischief = {
  /** Breaks the connection in the middle of a call. */
  crash(): void;
};

export type FakeContent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly data: string; readonly mimeType: string };

export type FakeResult = {
  readonly content: FakeContent[];
  readonly structuredContent?: Record<string, unknown>;
  readonly isError?: boolean;
};

export type FakeTool = {
  readonly name: string;
  readonly description: string;
  readonly shape: Record<string, z.ZodType>;
  /** `meta`: what the call says of itself. */
  run(
    given: Record<string, unknown>,
    meta?: Readonly<Record<string, unknown>>,
  ): Promise<FakeResult>;
};

const toTextResult = (text: string): FakeResult => ({
  content: [{ type: 'text', text }],
});

/** Tools of a fake server, good ones and others. */
export function makeFakeTools({ crash }: ToolMischief): readonly FakeTool[] {
  const never = () => new Promise<never>(() => undefined);
  const tool = (
    name: string,
    run: FakeTool['run'],
    shape: FakeTool['shape'] = {},
  ): FakeTool => ({
    name,
    description: `Does ${name}.`,
    shape,
    run,
  });
  return [
    tool('echo', async ({ text }) => toTextResult(`You said ${text}.`), {
      text: z.string(),
    }),
    tool('asker', async (_given, meta) =>
      toTextResult(JSON.stringify(meta?.['parley/asker'])),
    ),
    tool('measure', async () => ({
      ...toTextResult('21 degrees'),
      structuredContent: { degrees: 21 },
    })),
    tool('picture', async () => ({
      content: [
        ...toTextResult('A cat.').content,
        { type: 'image', data: 'aGk=', mimeType: 'image/png' },
      ],
    })),
    tool('fail', async () => ({ ...toTextResult('No such city.'), isError: true })),
    tool('environment', async () => toTextResult(JSON.stringify(env))),
    tool('big', async () => toTextResult('x'.repeat(6 * 2 ** 20))),
    tool('many', async () => ({
      ...toTextResult('Many.'),
      structuredContent: { n: Array(10_001).fill(5) },
    })),
    tool('deep', async () => ({
      ...toTextResult('Deep.'),
      structuredContent: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`),
    })),
    tool('hang', never),
    tool('crash', async () => {
      crash();
      return await never();
    }),
    tool('leave', async () => toTextResult('It was only my own.')),
  ];
}
