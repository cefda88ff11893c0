import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';

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
  ['nightly', /^ +- run: \.ci\/litellm-proxy --slow$/m],
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
