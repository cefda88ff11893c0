import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { listSteps } from '#test/nightly/nightly-steps.ts';

// The package imports JSON as bundlers want it, which Node refuses.
const hooks = registerHooks({
  load: (url, context, next) => {
    const importAttributes = url.endsWith('.json')
      ? { type: 'json' }
      : context.importAttributes;
    return next(url, { ...context, importAttributes });
  },
});
const { NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
);
hooks.deregister();

/** Mistakes of a workflow by GitHub's own schema. */
function mistakesOf(name: string, content: string) {
  const { context } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

test.each([
  ['ci', /^ +- run: \.ci\/run$/m],
  ['nightly', /^ +- run: npm run nightly$/m],
  ['image', /^ +file: deploy\/Dockerfile\n +platforms: linux\/amd64,linux\/arm64$/m],
])(
  "the workflow %s fits GitHub's schema, may only read, and does its work",
  async (name, work) => {
    const content = await readFile(`.github/workflows/${name}.yml`, 'utf8');
    expect(mistakesOf(name, content)).toEqual([]);
    expect(content).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(content).toMatch(work);
    expect(mistakesOf(name, content.replace('runs-on', 'runs-at'))).not.toEqual([]);
  },
);

test('a night tries everything, and a short one says which part of the programs of others it leaves', () => {
  const listCommands = (minutes: number) =>
    listSteps(minutes, 7).map(({ command }) => command.replace(/\d{2,}/g, 'N'));
  expect(listCommands(300)).toEqual([
    'node test/simulate/main.ts --seconds N --from 7',
    'node test/simulate/main.ts --canary',
    'node test/planted/main.ts --minutes N --seed 7',
    'node test/simulate/main.ts --each-call-fails --calls N --seed 7',
    'npx vitest run --project long test/scenarios/scenes.long.test.ts --sequence.shuffle.tests --sequence.seed 7',
    'node test/fuzz/main.ts --seconds N --seed 7',
    'node test/nightly/soak.ts --minutes N',
    '.ci/others',
    '.ci/litellm-proxy --slow',
    'node test/documents/main.ts',
    '.ci/image',
  ]);
  expect(listCommands(20)).toContain('.ci/others mcp deploy');
});
