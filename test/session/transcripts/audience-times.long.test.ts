import { withPostgres } from '#test/fakes/postgres.ts';
import { atAllTimes } from '#test/session/setup/audience-rules.ts';
import { postgresIn } from '#test/session/setup/stores-on-disk.ts';

withPostgres(() => atAllTimes(postgresIn));
