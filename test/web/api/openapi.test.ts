import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import packageJson from '#package.json' with { type: 'json' };
import { openApiDocument } from '#src/web/api/openapi.ts';
import { routes } from '#src/web/api/routes/routes.ts';
import { openApi } from './api-setup.ts';

const document = openApiDocument(routes, packageJson.version);

test('docs/openapi.json is what the schemas make: npm run openapi writes it anew', () => {
  const written: unknown = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
  expect(written).toEqual(JSON.parse(JSON.stringify(document)));
});

test('the same file is served, without a token', async () => {
  await using api = await openApi();
  const served = await api.app.request('/v1/openapi.json');
  expect(await served.json()).toMatchObject({ openapi: '3.1.0', paths: document.paths });
});

test('every path of the file is served, and asks for a token', async () => {
  await using api = await openApi();
  const paths = Object.entries(document.paths as Record<string, object>);
  expect(paths.length).toBeGreaterThan(7);
  for (const [path, operations] of paths) {
    for (const method of Object.keys(operations)) {
      const place = path.replaceAll(/\{\w+\}/g, '1');
      const response = await api.app.request(place, { method: method.toUpperCase() });
      expect([path, method, response.status]).toEqual([path, method, 401]);
    }
  }
});
