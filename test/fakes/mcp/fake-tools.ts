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
  const waitForever = () => new Promise<never>(() => undefined);
  const makeTool = (
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
    makeTool('echo', async ({ text }) => toTextResult(`You said ${text}.`), {
      text: z.string(),
    }),
    makeTool('asker', async (_given, meta) =>
      toTextResult(JSON.stringify(meta?.['parley/asker'])),
    ),
    makeTool('measure', async () => ({
      ...toTextResult('21 degrees'),
      structuredContent: { degrees: 21 },
    })),
    makeTool('picture', async () => ({
      content: [
        ...toTextResult('A cat.').content,
        { type: 'image', data: 'aGk=', mimeType: 'image/png' },
      ],
    })),
    makeTool('fail', async () => ({ ...toTextResult('No such city.'), isError: true })),
    makeTool('environment', async () => toTextResult(JSON.stringify(env))),
    makeTool('big', async () => toTextResult('x'.repeat(6 * 2 ** 20))),
    makeTool('many', async () => ({
      ...toTextResult('Many.'),
      structuredContent: { n: Array(10_001).fill(5) },
    })),
    makeTool('deep', async () => ({
      ...toTextResult('Deep.'),
      structuredContent: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`),
    })),
    makeTool('hang', waitForever),
    makeTool('crash', async () => {
      crash();
      return await waitForever();
    }),
    makeTool('leave', async () => toTextResult('It was only my own.')),
  ];
}
