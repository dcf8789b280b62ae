/** Run as a process of its own in the middle: an intercepting proxy, until its stdin ends. Prints its port. */
import { type InterceptingProxyOptions, startInterceptingProxy } from '../support/intercepting-proxy.ts';

const [, , given = '{}'] = process.argv;
const proxy = await startInterceptingProxy(JSON.parse(given) as InterceptingProxyOptions);
process.stdout.write(`${proxy.port}\n`);
process.stdin.resume();
process.stdin.on('end', () => void proxy.close().then(() => process.exit()));
