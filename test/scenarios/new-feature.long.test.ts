import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { liveThrough } from '#test/scenarios/setup/notes-scenario.ts';
import { scenario } from '#test/scenarios/setup/scenario-setup.ts';

withPostgres(() => {
  scenario(
    'a feature of three files and a command lives its whole life over PostgreSQL, too',
    async () => {
      await using schema = await openSchema();
      await liveThrough({ DATABASE_URL: schema.url.reveal() }, (sql) => schema.sql(sql));
    },
  );
});
