import { mergeConfig } from 'vitest/config';
import usual from '../../vitest.config.ts';

const { projects: _, ...test } = usual.test ?? {};

/** `RECORD_DIR=folder npx vitest run --config test/record/vitest.config.ts`: writes what can be seen from outside. */
export default mergeConfig({ test }, { test: { include: ['test/record/*.record.ts'] } });
