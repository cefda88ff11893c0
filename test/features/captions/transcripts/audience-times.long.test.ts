import { atAllTimes } from '#test/conversation/setup/audience-rules.ts';
import { postgresIn } from '#test/conversation/setup/stores-on-disk.ts';
import { withPostgres } from '#test/fakes/postgres.ts';

withPostgres(() => atAllTimes(postgresIn));
