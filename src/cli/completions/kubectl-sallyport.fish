# kubectl-sallyport completion fish | source
function __kubectl_sallyport
  set -l words (commandline -opc) (commandline -ct)
  set -l lines (kubectl-sallyport __complete $words[2..-1] 2>/dev/null)
  test (count $lines) -gt 0; or return
  if test (count $lines) -eq 1 -a "$lines[-1]" = ":0"
    __fish_complete_path (commandline -ct)
    return
  end
  for line in $lines[1..-2]
    echo $line
  end
end
complete -c kubectl-sallyport -f -a '(__kubectl_sallyport)'
