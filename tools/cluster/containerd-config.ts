import type { ClusterPaths } from './paths.ts';
import { BUSYBOX_IMAGE } from './image.ts';

/** containerd's configuration (containerd-config.toml(5)), with nothing shared with another containerd of this machine. */
export function containerdConfig(paths: ClusterPaths): string {
  return `version = 2
root = "${paths.containerd}"
state = "${paths.containerdState}"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "${paths.containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${BUSYBOX_IMAGE}"
  # A machine without CAP_SYS_RESOURCE may not lower a score; without this no sandbox starts there.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "${paths.runc}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${paths.cni}"
`;
}
