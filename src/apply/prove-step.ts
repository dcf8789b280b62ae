/** What is served, for each name, and how well all API servers are: the proof on the node itself. */
import { type Change, change } from '../reach/changer.ts';
import { asking } from './asking.ts';
import { begin, held, ours } from './begin.ts';
import { serving } from './serving.ts';

/**
 * DATA_endpoint, DATA_names (DNS names, a line each), DATA_peers (endpoints of the other API servers, a line each), DATA_admin (a kubeconfig
 * of root's), DATA_settle (seconds), DATA_pause (seconds between two looks, 1 where nothing is said). `served` is the certificate, `named` what was served for each name; `samples` says of each look
 * who was ready and when the leases were renewed, by whoever holds them; of one that is told to elect no leader, its health. It ends after three good
 * looks in a row with both leases renewed, or when time is up.
 */
export const prove: Change = change('prove', `${begin}${serving}${asking}${held}${ours}${looks()}`);

/** The same after the old pair of an earlier run was put in its place: how well all API servers are. */
export const gate: Change = change('gate', `${begin}${serving}${asking}${held}${looks()}`);

function looks(): string {
  return `
leave
timeout 5 openssl s_client -connect "$DATA_endpoint" </dev/null 2>/dev/null | openssl x509 2>/dev/null | frame served
manager=$(lonely_at kube-controller-manager 10257)
scheduler=$(lonely_at kube-scheduler 10259)
IFS='
'
set -f
rows=
for name in $DATA_names; do
  _sum=$(timeout 5 openssl s_client -connect "$DATA_endpoint" -servername "$name" </dev/null 2>/dev/null | openssl x509 -outform DER 2>/dev/null | sha256sum)
  rows="$rows$name \${_sum%% *}
"
done
say named "$rows"
# Of both there is an answer: an API server that has only just started gives none.
is_whole() {
  for _row in $1; do case $_row in *' "'* | *' alone ok') ;; *) return 1 ;; esac; done
  [ -n "$1" ]
}
# Each of the two, since the first look that had both.
has_renewed() {
  is_whole "$first" && is_whole "$leases" || return 1
  for _row in $first; do
    case $_row in *' alone ok') continue ;; esac
    case $leases in *"$_row"*) return 1 ;; esac
  done
}
good=0 rows= first= _began=$(date +%s%N)
until=$(($(now_up) + DATA_settle))
while :; do
  isGood=1
  for endpoint in "$DATA_endpoint" $DATA_peers; do
    unset IFS
    if said=$(asked "$endpoint" get --raw '/readyz?verbose=true'); then rows="$rows$endpoint ready
"; else
      isGood=
      # kubectl calls a refused connection no error.
      _why=$(printf '%s\\n' "$said" | grep -m1 -e '^\\[-\\]' -e rror) || _why=$(printf '%s\\n' "$said" | tail -n 1)
      rows="$rows$endpoint $(printf %s "$_why" | head -c 200)
"
    fi
    IFS='
'
  done
  leases=$(life_of kube-controller-manager "$manager"; life_of kube-scheduler "$scheduler")
  is_whole "$first" || first=$leases
  if [ -n "$isGood" ]; then good=$((good + 1)); else good=0; fi
  if [ "$good" -ge 3 ] && has_renewed; then break; fi
  [ "$(now_up)" -lt "$until" ] || break
  # Not every sleep takes fractions.
  sleep "\${DATA_pause:-1}" 2>/dev/null || sleep 1
done
unset IFS
set +f
say samples "$rows"
say leases "$(printf '%s\\n--\\n%s' "$first" "$leases")"
say good "$good"
# Of all the time this took, what was only waited for: for the figures of \`npm run bench\`.
case $_began in *N*) ;; *) say settled "$((($(date +%s%N) - _began) / 1000000))" ;; esac
`;
}
