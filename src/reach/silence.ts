/** A port that accepts a connection and then keeps silent: both ways of SSH say it in these words. */

export const silence = 'the port accepted the connection and then said nothing';

export const silenceHint =
  'is it sshd that listens there? a load balancer or a firewall may accept for a host that is down; if it is sshd, it is overloaded or hangs: look at the host, or allow more by --connect-timeout';
