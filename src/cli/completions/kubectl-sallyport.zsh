#compdef kubectl-sallyport
# source <(kubectl-sallyport completion zsh)
_kubectl_sallyport() {
  local -a lines values
  local line directive
  lines=("${(@f)$(kubectl-sallyport __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  directive=${lines[-1]#:}
  for line in "${(@)lines[1,-2]}"; do
    line=${line//:/\\:}
    values+=("${line/$'\t'/:}")
  done
  if (( ${#values} )); then
    _describe -V sallyport values
  elif [[ $directive == 0 ]]; then
    _files
  fi
}
compdef _kubectl_sallyport kubectl-sallyport
