/** Plans of the ipvs backend applied to the model, with the questions answered by it. */
import type { ServicePortViews } from '../../../../src/objects/service-port-view.ts';
import type { Answers, Desired, Plan, ProxyFacts } from '../../../../src/proxy/backends/backend.ts';
import { ipvsBackend } from '../../../../src/proxy/backends/ipvs/backend.ts';
import { observeKernel } from '../../../../src/proxy/backends/ipvs/observe.ts';
import type { IpvsState, ObservedState } from '../../../../src/proxy/backends/ipvs/state.ts';
import { desired, FACTS_4 } from '../../fixtures.ts';
import { IpvsModel } from './ipvs-model.ts';

/** What the model says to the backend's questions. */
function answersOf(model: IpvsModel, questions: readonly (readonly string[])[]): Answers {
  return new Map(
    questions.map((argv) => [
      argv.join(' '),
      argv[0] === 'ipvsadm' ? model.connections(argv.slice(2)) : model.addresses(),
    ]),
  );
}

export function observedOf(model: IpvsModel, family: 4 | 6 = 4): ObservedState {
  return observeKernel(model.listings(), family);
}

/** The sync of these views; `previous` undefined: read from the model. */
export function planOn(model: IpvsModel, wanted: Desired, previous?: IpvsState): Plan<IpvsState> {
  const from = previous ?? observedOf(model, wanted.facts.family);
  return ipvsBackend.plan(wanted, from, answersOf(model, ipvsBackend.questions!(wanted, from)));
}

/** Plans and runs; `previous` undefined: read from the model. */
export function sync(
  model: IpvsModel,
  views: ServicePortViews,
  previous?: IpvsState,
  facts: Partial<ProxyFacts> = {},
): Plan<IpvsState> {
  const plan = planOn(model, desired(views, facts), previous);
  model.run(plan.batches);
  return plan;
}

/** A model with these views in it. */
export function synced(views: ServicePortViews, facts: Partial<ProxyFacts> = {}): IpvsModel {
  const model = new IpvsModel(facts.family === 6 ? ['fd00:1::11'] : [FACTS_4.nodeIP, '10.244.1.1']);
  sync(model, views, undefined, facts);
  return model;
}
