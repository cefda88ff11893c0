// Loaded first by each worker of vitest: imports are resolved there as in the bot.
import { resolveOwnImports } from '#src/base/open-compile-cache.mjs';

resolveOwnImports();
