// npm run node -- scripts/make-openai-description.mjs CLONE: writes
// test/fixtures/openai/description.json from a clone of https://github.com/openai/openai-openapi.
// The file holds the operations that the bot serves and their schemas, without prose, and names the
// commit.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const servedOperations = [
  ['get', '/models'],
  ['get', '/models/{model}'],
  ['post', '/chat/completions'],
  ['post', '/audio/speech'],
  ['post', '/audio/transcriptions'],
  ['post', '/audio/translations'],
];
/** Keywords for prose, or for generators of clients. */
const prose = new Set(['description', 'title', 'example', 'deprecated']);

const [, , clone] = process.argv;
if (clone === undefined) throw new Error('Name a clone of https://github.com/openai/openai-openapi.');
const runGit = (...args) => execFileSync('git', ['-C', clone, ...args], { maxBuffer: 2 ** 26 }).toString();
const published = JSON.parse(runGit('show', 'HEAD:openapi.json'));
/** Schemas that were referred to so far, by name. */
const schemas = new Map();

const paths = {};
for (const [method, path] of servedOperations) {
  const { operationId, requestBody, responses, 'x-oaiMeta': meta } = published.paths[path][method];
  const examples = listExamples(meta);
  paths[path] = {
    ...paths[path],
    [method]: {
      operationId,
      ...(requestBody && { requestBody: cutProse(requestBody) }),
      responses: cutProse(responses),
      ...(examples.length > 0 && { 'x-examples': examples }),
    },
  };
}

const folder = new URL('../test/fixtures/openai/', import.meta.url);
const description = {
  openapi: published.openapi,
  info: {
    title: published.info.title,
    version: published.info.version,
    license: published.info.license,
    'x-source': 'https://github.com/openai/openai-openapi',
    'x-commit': runGit('rev-parse', 'HEAD').trim(),
  },
  paths,
  components: { schemas: Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1))) },
};
const target = fileURLToPath(new URL('description.json', folder));
writeFileSync(target, `${JSON.stringify(description, null, 1)}\n`);
writeFileSync(fileURLToPath(new URL('LICENSE.openai-openapi.txt', folder)), runGit('show', 'HEAD:LICENSE'));
console.log(`${schemas.size} schemas of ${description.info['x-commit']}`);

/** Removes prose. Schemas that are referred to are cut, too. */
function cutProse(value) {
  if (Array.isArray(value)) return value.map(cutProse);
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = value;
  if (typeof $ref === 'string' && $ref.startsWith('#/components/responses/'))
    return cutProse(published.components.responses[$ref.split('/').at(-1)]);
  if (typeof $ref === 'string') keepSchema($ref);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, child]) => !isProse(key, child))
      .map(([key, child]) => [key, key === 'properties' ? cutProperties(child) : cutProse(child)]),
  );
}

/** Removes the prose of each property. Names of properties are no keywords. */
function cutProperties(properties) {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, cutProse(schema)]));
}

/** Whether a keyword holds prose, or an extension of OpenAI. */
function isProse(key, value) {
  return key.startsWith('x-') || (prose.has(key) && typeof value !== 'object');
}

/** Adds the schema of a reference, and those that it refers to. */
function keepSchema($ref) {
  const name = $ref.split('/').at(-1);
  if (schemas.has(name)) return;
  schemas.set(name, undefined); // schemas may refer to themselves
  schemas.set(name, cutProse(published.components.schemas[name]));
}

/** Lists requests in JSON from the curl examples of the reference. */
function listExamples(meta) {
  const examples = Array.isArray(meta?.examples) ? meta.examples : [];
  return examples.flatMap(({ title, request }) => {
    const [, body] = /-d '([^']*)'/.exec(request.curl ?? '') ?? [];
    return body === undefined ? [] : [{ title, request: JSON.parse(body) }];
  });
}
