// npm run node -- scripts/make-server-plans-schema.mjs: writes docs/server-plans.schema.json anew, out of the schema that the file is checked by.

import { writeFileSync } from 'node:fs';
import { serverPlansSchema } from '#src/config/server-plans.ts';

writeFileSync('docs/server-plans.schema.json', `${JSON.stringify(serverPlansSchema(), null, 2)}\n`);
