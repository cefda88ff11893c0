// npm run openapi: writes docs/openapi.json anew, out of the schemas that requests are checked by.
import { writeFileSync } from 'node:fs';
import packageJson from '#package.json' with { type: 'json' };
import { openApiDocument } from '#src/web/api/openapi.ts';
import { routes } from '#src/web/api/routes/routes.ts';

const document = openApiDocument(routes, packageJson.version);
writeFileSync('docs/openapi.json', `${JSON.stringify(document, null, 2)}\n`);
