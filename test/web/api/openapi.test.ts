import { expect, test } from 'vitest';
import packageJson from '#package.json' with { type: 'json' };
import { openApiDocument } from '#src/web/api/openapi.ts';
import { allRoutes } from '#src/web/api/routes/routes.ts';
import { openApi } from './api-setup.ts';

const document = openApiDocument(allRoutes, packageJson.version);

test('the description of all operations is served, without a token', async () => {
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
