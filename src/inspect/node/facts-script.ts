/** The one script that is run on every node: it changes nothing, no secret leaves by it, and POSIX sh with the usual small tools is all it needs. */
import { type Query, query } from '../../reach/reader.ts';
import { apiScript } from './script-api.ts';
import { filesScript } from './script-files.ts';
import { startScript } from './script-start.ts';
import { systemScript } from './script-system.ts';

const order = `
tell_all() {
  tell_system
  say system "$fields"
  # What may hang comes after what cannot.
  read_files
  tell pods "$pod_rows"
  tell_traces
  read_keys
  read_folders
  tell_kubeadm
  tell_network
  tell_firewall
  [ -z "$api_arguments" ] || say process "$api_arguments"
}
tell_facts() {
  tell_clock started
  find_processes
  find_kubelet
  find_apiserver
  want_files
  if find_api; then
    ask_of_cluster | {
      exec 3<&0 </dev/null
      ask_of_configuration | {
        exec 4<&0 </dev/null
        ask_of_nodes | {
          exec 5<&0 </dev/null
          tell_all
          frame api-cluster <&3
          frame api-configuration <&4
          frame api-nodes <&5
          say unread "$unread_rows"
        }
      }
    }
  else
    tell_all
    say unread "$unread_rows"
  fi
  tell_clock ended
}
# The script itself comes by stdin: nothing that is started may read on there.
tell_facts </dev/null
`;

export const factsQuery: Query = query(
  'facts',
  [startScript, filesScript, systemScript, apiScript, order].join(''),
);
