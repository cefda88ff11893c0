import type { Hono } from 'hono';
import type { ProgramPorts } from '#src/conversation/ports/http-api-ports.ts';
import { ProgramAnswers } from '#src/features/typed/program-answers.ts';
import { type ApiDoor, authorise } from '#src/web/api/authorise.ts';
import { refusal } from '#src/web/api/refusal.ts';

/** The model that answers as the server of the token is answered. */
const ownModel = 'parley';

/** `GET /v1/models`, as OpenAI has it: the ways to answer. */
export function serveModels(app: Hono, parts: ApiDoor): void {
  const modelsFor = async (header: string | undefined) => {
    const { token, ports } = await authorise(header, 'chat', undefined, parts);
    return modelIds(ports, token.guildId).map((id) => ({
      id,
      object: 'model',
      created: Math.floor(token.createdAtWallMs / 1_000),
      owned_by: 'parley',
    }));
  };
  app.get('/v1/models', async (context) => {
    const data = await modelsFor(context.req.header('authorization'));
    return context.json({ object: 'list', data });
  });
  app.get('/v1/models/:id', async (context) => {
    const models = await modelsFor(context.req.header('authorization'));
    const id = context.req.param('id');
    const model = models.find((one) => one.id === id);
    if (!model) throw refusal(404, 'model_not_found', `There is no model ${id}.`, 'model');
    return context.json(model);
  });
}

function modelIds({ port }: ProgramPorts, guildId: string): readonly string[] {
  return [ownModel, ...port(ProgramAnswers).pipelines(guildId)];
}
