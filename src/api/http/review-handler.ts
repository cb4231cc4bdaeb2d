/** POST of a review: the body comes back with its status filled in; nothing is stored. */
import type { Review, ReviewContext } from '../reviews.ts';
import { methodNotAllowed } from '../status-error.ts';
import { answerValue } from './answer.ts';
import { readValue } from './body.ts';
import { decodeObject } from './decode-object.ts';
import { type Exchange, warner } from './exchange.ts';
import { fieldValidation } from './write-parameters.ts';

export async function handleReview(
  review: Review,
  exchange: Exchange,
  context: Omit<ReviewContext, 'user'>,
): Promise<void> {
  if (exchange.method !== 'POST') throw methodNotAllowed();
  const body = await readValue(exchange.request);
  const expected = { apiVersion: `${review.group}/${review.version}`, kind: review.kind, schema: review.schema };
  const asked = decodeObject(expected, body, fieldValidation(exchange), warner(exchange));
  const metadata = { creationTimestamp: null, ...asked.metadata };
  await answerValue(exchange, 201, {
    ...asked,
    metadata,
    status: review.answer({ ...context, user: exchange.user }, asked),
  });
}
