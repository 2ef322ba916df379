import { PeprModule } from 'pepr';
import cfg from './package.json';
import { Gate } from './capabilities/gate';

new PeprModule(cfg, [Gate]);
