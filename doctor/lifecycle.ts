import { serverName } from '#src/provider/models/error-phrases.ts';
import {
  endingOf,
  isOpenAi,
  type ModelInUse,
  type ModelList,
  modelNews,
  sayNews,
} from '#src/provider/models/models.ts';
import { differs, missing, ok, type ReportLine } from './finding.ts';

/** Notice, in days, earlier than the bot itself warns. */
const noticeDays = 120;

/** Time that a model will still be there, as far as is known. */
export function lifecycle(inUse: ModelInUse, list: ModelList, wallMs: number): ReportLine {
  const news = modelNews(inUse, list, wallMs, noticeDays);
  const what = 'lifecycle';
  if (news)
    return (news.kind === 'gone' ? missing : differs)(
      what,
      sayNews(news),
      `choose another model; this lists those of the server: npm run doctor -- --provider ${serverName(inUse.baseUrl)}`,
    );
  const { model, baseUrl } = inUse;
  const listed = list.kind === 'listed' ? 'listed, ' : '';
  if (isOpenAi(baseUrl))
    return ok(what, `${model}: ${listed}no end announced within ${noticeDays} days`);
  const ending = endingOf(model);
  if (!ending) return ok(what, `${model}: ${listed}no end known`);
  const name = `OpenAI ends its model of this name on ${ending.endsOn}`;
  return ok(what, `${model}: ${listed}your server decides which model has this name; ${name}`);
}
